"""A synthetic estate of any size, the same at every run: for benchmarks and load tests."""
