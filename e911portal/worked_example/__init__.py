"""The worked example: the two-site deployment that the documentation and the tests speak of.

New York and Los Angeles, one pool, an E9-1-1 provider trunk, a local way out at each site, a user
homed in New York who travels to Los Angeles, and one address that the provider refuses.
"""
