"""`python -m bench`: the same as `buildmark`."""

from bench.cli.start import start

start()
