"""The page of a run: one HTML file that needs nothing else, for people who get a link or a file.

The way of the data: `load` reads runs → `page` makes the view model (`model`) with `answer`, `rows`, `details` and
`surroundings` → `render` lays it out with the template, styles and scripts of the folder `assets`.
"""
