"""Other methods on the data of a program: counts, linear models, a Transformer."""
