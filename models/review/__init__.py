"""Statistics of review: agreement, recall certificates, review figures."""
