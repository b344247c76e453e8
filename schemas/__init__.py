"""What is true: one contract per table, code lists, and the layout of each sender's files. A leaf."""
