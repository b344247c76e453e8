"""Tests of the inbox, on every implementation."""
