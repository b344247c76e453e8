"""Pages of the programme: benefits."""
