"""A model directory to probabilities, without torch."""
