"""One file per command, each a thin shell over one importable function."""
