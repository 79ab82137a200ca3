"""Comments composed from patterns and words written for this project, to learn from."""
