"""Benchmarks of Buildmark's verdicts: false alarms, power, change points, scale."""
