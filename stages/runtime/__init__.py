"""Runtime: atomic files and locks, signals, the checkpoint manager."""
