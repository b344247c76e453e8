"""A seized telephone and a second one of the same person, as exports and the truth about them."""
