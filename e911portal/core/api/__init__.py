"""The parts of the REST API that every app shares, under the names that the settings use.

Only what Django REST Framework loads by name is imported here: its view module reads the settings
while it is itself being imported, so anything built on a view must stay in its own module.
"""

from e911portal.core.api.authentication import TokenAuthentication
from e911portal.core.api.errors import exception_handler
from e911portal.core.api.pagination import Pagination
from e911portal.core.api.permissions import ScopedPermission

__all__ = ["Pagination", "ScopedPermission", "TokenAuthentication", "exception_handler"]
