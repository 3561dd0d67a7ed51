"""Background work of locations."""
