"""Datasets: their catalogue, downloads, file formats, and pictures brought to MNIST's format."""
