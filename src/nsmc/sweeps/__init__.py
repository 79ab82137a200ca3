"""Several trainings below one directory: for seeds, over a grid, or searched by Optuna."""
