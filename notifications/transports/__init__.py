"""Ways out of the portal, one module each."""
