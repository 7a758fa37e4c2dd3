"""What makes the README's tables."""
