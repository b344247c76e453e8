"""What leaves: exports to forces, escaping at the sink; and the inbox that decisions come by."""
