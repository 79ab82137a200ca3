"""The measurements that scripts/benchmark.py puts together, one file for each kind."""
