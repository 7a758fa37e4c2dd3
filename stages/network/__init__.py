"""Knows numbers: a multilayer perceptron and how it learns, in NumPy alone."""
