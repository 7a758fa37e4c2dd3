"""Knows files: which datasets there are, how to fetch them, and the IDX format."""
