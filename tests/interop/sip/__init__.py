"""The SIP edge on a real Kamailio: calls on the wire, and what breaks."""
