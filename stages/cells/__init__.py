"""Knows a study's cells: what one is, where its result is kept, and who works on it.

A cell is one training and its evaluation: a variant of the parameters, with one seed.
"""
