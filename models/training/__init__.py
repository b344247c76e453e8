"""Comparison of candidates on identical folds, and the criteria of promotion."""
