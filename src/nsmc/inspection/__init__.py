"""What a model directory and the output directory of a training hold, in words and numbers."""
