"""The loop, its optimizers and schedule, checkpoints and resume."""
