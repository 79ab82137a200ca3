"""What is fuzzed, and the two ways to make inputs for it."""
