"""Programs into equivalent programs: each pass keeps the meaning on every input."""
