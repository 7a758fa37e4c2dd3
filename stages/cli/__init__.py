"""Command line: params.yaml to click options, errors as sentences."""
