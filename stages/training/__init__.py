"""Training: the loop, its configuration, checkpoints, snapshots, ensembles and diagnosis."""
