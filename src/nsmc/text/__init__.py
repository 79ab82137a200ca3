"""From a comment to morphemes. Knows nothing of files, vocabularies or torch."""
