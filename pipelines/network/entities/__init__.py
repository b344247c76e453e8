"""Entities: names, linkage across forces, clusters, ids that persist, and undone merges."""
