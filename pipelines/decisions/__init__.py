"""Decisions of analysts: their rules, how they are taken in, and what goes back to the forces."""
