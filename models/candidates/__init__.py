"""Classifiers that are compared, and the baselines."""
