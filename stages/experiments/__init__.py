"""Experiments: what compares runs: revisions, comparison, significance, studies."""
