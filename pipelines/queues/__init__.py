"""What all review queues share: near-duplicates, sampling and the figures of review."""
