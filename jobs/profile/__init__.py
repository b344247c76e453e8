"""The subject profile, as a page and as a Word document."""
