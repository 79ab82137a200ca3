"""Which rows of a labelled table probably have the wrong label."""
