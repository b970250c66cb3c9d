"""Pictures of a program and of what it does, as SVG that needs nothing else."""
