"""Layouts of senders' files: the grammar, the fields that they map to, and what is wrong with a layout."""
