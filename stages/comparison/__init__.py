"""Comparison: revisions, comparison of two and of many, significance."""
