"""The CALL PATH program: where is this device, and how does this emergency call leave? No Django."""
