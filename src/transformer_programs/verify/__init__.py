"""Evidence that implementations of a program agree."""
