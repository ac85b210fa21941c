"""Buildmark measures how container images are built."""

__version__ = "0.1.0"
