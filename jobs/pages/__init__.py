"""Pages that people read: notebooks' content, HTML and pictures."""
