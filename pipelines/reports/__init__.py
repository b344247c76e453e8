"""Reports: the queue of those that may miss the CSAE tag, and of those that may wrongly have it."""
