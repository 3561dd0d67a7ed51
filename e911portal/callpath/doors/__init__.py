"""The doors of the call path: each translates one protocol to the lookups and back."""
