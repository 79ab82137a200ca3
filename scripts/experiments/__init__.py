"""The records of measurements: an experiment a file, run by ``scripts/experiment.py``."""
