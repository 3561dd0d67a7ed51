"""Composition root: what ties locations, routing and notifications together."""
