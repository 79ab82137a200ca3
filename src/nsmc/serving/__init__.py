"""The HTTP service: a page to type into, predictions, scored tables."""
