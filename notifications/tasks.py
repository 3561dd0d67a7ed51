"""Background work of notifications."""
