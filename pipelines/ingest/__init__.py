"""From files to bronze rows, and from bronze rows to silver nouns."""
