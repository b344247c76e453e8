"""Edges: how each kind is declared and made, links between edges, and the graph engines."""
