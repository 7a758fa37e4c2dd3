"""The classifier: the model file, calibrated probabilities, and which answers to doubt."""
