"""From a comment to its units. Knows nothing of files, vocabularies or torch."""
