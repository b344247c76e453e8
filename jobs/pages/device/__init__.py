"""The notebook of seized devices: a submission as it was read, and the queue of key words."""
