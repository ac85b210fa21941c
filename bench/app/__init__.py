"""The runner: prepare, prove, build, meter, record."""
