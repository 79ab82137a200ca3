"""K folds of a table: each comment meets a network that has not learnt from it."""
