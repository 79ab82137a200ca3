"""What stands in a model directory or in the output directory of a training, told again."""
