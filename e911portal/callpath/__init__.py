"""The CALL PATH program: where is this device, how does this emergency call leave? No Django."""
