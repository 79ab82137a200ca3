"""Units of a vocabulary that no comment is cut into."""

UNKNOWN = "<unk>"
"""Row 0: every unit that the vocabulary doesn't hold."""
EOS = "</s>"
"""Before and after each text of a task that adds it: row 1 of that vocabulary."""
