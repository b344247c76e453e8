"""Flights and passengers of the synthetic world."""
