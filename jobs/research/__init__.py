"""Bulk research of communications data, flights and entities."""
