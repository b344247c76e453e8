"""How well queues and detectors do, against the sealed truth of the synthetic world."""
