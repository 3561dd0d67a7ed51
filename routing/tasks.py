"""Background work of routing."""
