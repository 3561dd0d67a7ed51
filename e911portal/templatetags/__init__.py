"""Template tags of the pages that span the apps."""
