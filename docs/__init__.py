"""The pages, and what generates their tables."""
