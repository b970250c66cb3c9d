"""A standard Transformer, to compare programs with: PyTorch's own encoder."""
