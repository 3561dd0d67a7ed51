"""Pages that belong to no app: readiness, publication, simulator, search, health, errors."""
