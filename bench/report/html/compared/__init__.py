"""The page of a comparison: two sides beside each other, of which `bench.report.html` shares the parts."""
