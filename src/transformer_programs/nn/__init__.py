"""Relaxed and hardened models: the only place that defines torch modules."""
