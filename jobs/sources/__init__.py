"""Where files come from: landing zone, demonstration world, dry run of a layout."""
