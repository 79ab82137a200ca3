"""The configuration of a training: its sections and how it is read."""
