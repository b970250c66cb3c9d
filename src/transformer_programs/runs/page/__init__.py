"""One page about a run, or about two, as a file that needs nothing else."""
