"""Damaged files, made by chance and read: `python -m tests.fuzz --minutes 10`."""
