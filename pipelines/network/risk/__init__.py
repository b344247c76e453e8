"""Indirect risk: seeds, paths and scores."""
