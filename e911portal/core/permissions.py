"""Who may see and change which rows.

Rights hang on two anchors: a network site, or a network region for every site in it.  A model says
how to get from its rows to their site in ``SITE_PATH``; a model without one belongs to the whole
organisation and needs Django's ordinary model permission.  What is ``SHARED`` may be read by
whoever has a right on any site, except for rows that name another one (``SHARED_SITES``).  A
missing right looks like a missing row.
"""

from collections.abc import Iterable
from typing import Any, Self

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import Q
from guardian.shortcuts import get_objects_for_user

Actor = AbstractUser | AnonymousUser


def _site_model() -> type[models.Model]:
    return apps.get_model(settings.PERMISSION_SITE_MODEL)


def _granted(user: Actor, action: str, model: type[models.Model]) -> models.QuerySet[Any]:
    codename = f"{model._meta.app_label}.{action}_{model._meta.model_name}"
    return get_objects_for_user(
        user, codename, klass=model, with_superuser=False, accept_global_perms=False
    )


def permitted_sites(user: Actor, action: str) -> models.QuerySet[Any]:
    """Return the network sites on which ``user`` holds ``action`` (``view`` or ``change``), by a
    grant on the site or on its region. The right to change includes the right to view."""
    site = _site_model()
    region: Any = site._meta.get_field("region").related_model
    condition = Q(pk__in=[])
    for granted in {action, "change"}:
        condition |= Q(pk__in=_granted(user, granted, site).values("pk"))
        condition |= Q(region__in=_granted(user, granted, region).values("pk"))
    return site._default_manager.filter(condition)


def has_any_grant(user: Actor) -> bool:
    """Tell whether ``user`` may work on at least one site; such people may read shared reference
    data."""
    return permitted_sites(user, "view").exists()


def holds_everywhere(user: Actor, action: str, model: type[models.Model]) -> bool:
    """Tell whether ``user`` holds ``action`` on every row of ``model`` by a model permission."""
    codename = f"{model._meta.app_label}.{action}_{model._meta.model_name}"
    return bool(user.is_active and user.has_perm(codename))


def can_add(user: Actor, model: type[models.Model]) -> bool:
    """Tell whether ``user`` may add a row of ``model`` somewhere; where, is checked on the saved
    row."""
    return can_add_any(user, (model,))


def can_add_any(user: Actor, kinds: Iterable[type[models.Model]]) -> bool:
    """Tell whether ``user`` may add a row of at least one of ``kinds``, see ``can_add``."""
    kinds = tuple(kinds)
    if any(holds_everywhere(user, "add", model) for model in kinds):
        return True
    on_sites = any(getattr(model, "SITE_PATH", None) not in (None, "pk") for model in kinds)
    return on_sites and permitted_sites(user, "change").exists()


class ScopedQuerySet(models.QuerySet[Any]):
    """Rows restricted to what a person may see or change."""

    def _restricted(self, user: Actor, action: str) -> Self:
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if holds_everywhere(user, action, self.model):
            return self
        if action == "view" and holds_everywhere(user, "change", self.model):
            return self
        path = getattr(self.model, "SITE_PATH", None)
        if path is not None:
            return self.filter(**{f"{path}__in": permitted_sites(user, action).values("pk")})
        if action == "view" and getattr(self.model, "SHARED", False) and has_any_grant(user):
            return self._of_no_other_site(user)
        return self.none()

    def _of_no_other_site(self, user: Actor) -> Self:
        """Return the rows that name no site (``SHARED_SITES``), or one that ``user`` may see."""
        paths = getattr(self.model, "SHARED_SITES", ())
        if not paths:
            return self
        sites = permitted_sites(user, "view").values("pk")
        seen = Q()
        for path in paths:
            seen &= Q(**{f"{path}__isnull": True}) | Q(**{f"{path}__in": sites})
        # By key: a desk of two sites is one row.
        return self.filter(pk__in=self.model._default_manager.filter(seen).values("pk"))

    def visible_to(self, user: Actor) -> Self:
        """Return the rows that ``user`` may see."""
        return self._restricted(user, "view")

    def editable_by(self, user: Actor) -> Self:
        """Return the rows that ``user`` may change."""
        return self._restricted(user, "change")

    def deletable_by(self, user: Actor) -> Self:
        """Return the rows that ``user`` may delete: a site's people may delete what stands on
        it."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if holds_everywhere(user, "delete", self.model):
            return self
        if getattr(self.model, "SITE_PATH", None) in (None, "pk"):
            return self.none()
        return self.filter(
            **{f"{self.model.SITE_PATH}__in": permitted_sites(user, "change").values("pk")}
        )
