"""Programs in other languages than Python."""
