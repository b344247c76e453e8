"""The inbox that decisions and requests to undo come by: one port, a folder or a table behind it."""
