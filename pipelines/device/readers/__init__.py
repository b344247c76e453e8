"""Readers of exports, one module per kind."""
