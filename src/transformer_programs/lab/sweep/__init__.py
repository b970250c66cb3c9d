"""Many trainings with other settings: which programs are accurate, which are short."""
