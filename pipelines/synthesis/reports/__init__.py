"""People and reports of the synthetic world."""
