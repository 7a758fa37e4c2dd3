"""Knows pictures and statistics: what came of a training run, for people to read."""
