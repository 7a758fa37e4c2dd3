"""A handwritten-digit recogniser learnt from scratch in NumPy, one small command a step."""
