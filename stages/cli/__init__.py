"""The command line: parameters and options, errors as sentences, streams."""
