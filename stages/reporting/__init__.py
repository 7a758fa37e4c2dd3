"""Metrics, plots, tables and the demo page."""
