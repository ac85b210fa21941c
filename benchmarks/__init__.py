"""Benchmarks of Buildmark's own accuracy and overhead; `make help` names them."""
