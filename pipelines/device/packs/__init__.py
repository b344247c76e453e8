"""Children on a seized device: which accounts are theirs, where they may be found, and the pack for their force."""
