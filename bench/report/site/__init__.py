"""The site over the history: a static folder of pages that need nothing from anywhere else.

The way of the data: `bench.app.following` reads the index → `view` makes the view model (`model`) with `plots` and
`words` → `render` lays it out with the templates of `assets` → `publish` writes what has changed, and the page of each
run (`bench.report.html`) beside it.
"""
