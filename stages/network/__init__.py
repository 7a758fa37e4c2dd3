"""The MLP and its training, in NumPy. Imports nothing else of this project."""
