"""Results as pages and as lines for a terminal. Knows nothing of files or arguments."""
