"""Pictures of runs and series: one module a kind, from records to a Vega-Lite specification as a plain dict.

All are pure. A specification holds its data, a title, a description for screen readers, the light theme, and no outside
address; `bench.report.charts.themes` gives it another theme, `bench.report.charts.render` makes a file of it.
"""
