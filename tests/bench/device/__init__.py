"""Benchmarks of seized devices."""
