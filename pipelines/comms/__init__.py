"""Communications data: access, identifiers, calls, positions, bulk research and leads."""
