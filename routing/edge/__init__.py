"""The SIP edge's own files, rendered from a publication: what Kamailio does without the call
path."""
