"""Data in, data out: no clock, no subprocess, no network, no environment."""
