"""Everything that touches the world, behind narrow protocols, with fakes as peers of the real adapters."""
