"""The command line: parameters and options, errors as sentences, signals and streams."""
