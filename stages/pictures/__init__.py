"""Pictures: photos, scans and drawings, brought to MNIST's format."""
