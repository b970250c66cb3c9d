"""What a program is and what it means. Nothing here needs more than numpy."""
