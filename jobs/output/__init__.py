"""What leaves: exports to forces, escaping at the sink; the index of what was published, and decisions on it."""
