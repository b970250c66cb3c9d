"""Programs written as Python functions."""
