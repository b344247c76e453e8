"""A world of the programme's own records, built to published totals."""
