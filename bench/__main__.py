"""`python -m bench`: the same as `buildmark`."""

from bench.cli.main import main

main()
