"""Readers of senders' files: tables, text and workbooks, each within limits."""
