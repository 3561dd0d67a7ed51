"""Simulator of an E9-1-1 service provider: a program of its own, for trial runs and tests."""
