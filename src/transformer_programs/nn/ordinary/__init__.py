"""Programs as ordinary Transformers: standard attention, ReLU and a residual stream."""
