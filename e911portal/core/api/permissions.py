"""Who may send which request; which rows it then reaches is decided by the querysets."""

from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from e911portal.core.permissions import can_add


class ScopedPermission(BasePermission):
    """Logged in, not writing with a read-only token, and allowed to add where something is added.

    A view may name the model permission of an action in ``rights``, such as
    ``{"publish": "core.publish"}``, or None for whoever is logged in; it then decides alone.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return False for nobody (401). Raises ``PermissionDenied`` (403) with what is missing."""
        if not request.user or not request.user.is_authenticated:
            return False
        if request.method not in SAFE_METHODS and getattr(request.auth, "is_read_only", False):
            raise PermissionDenied("This token is read-only. Use one that may write.")
        action = getattr(view, "action", None)
        rights = getattr(view, "rights", {})
        if action in rights:
            right = rights[action]
            if right is not None and not request.user.has_perm(right):
                raise PermissionDenied(f"This needs the right “{right}”.")
        elif action == "create":
            model = view.queryset.model
            if not can_add(request.user, model):
                raise PermissionDenied(f"You may not add {model._meta.verbose_name_plural}.")
        return True
