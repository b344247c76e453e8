"""Pages of the programme: benefits, figures."""
