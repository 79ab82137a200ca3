"""Many comments through a classifier: chunks, worker processes, order, progress."""
