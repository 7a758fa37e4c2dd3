"""Pages: the report and the demo, each one HTML file."""
