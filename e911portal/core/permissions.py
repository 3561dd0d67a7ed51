"""Who may see and change which rows.

Rights hang on two anchors: a network site, or a network region for every site in it.  A model says
how to get from its rows to their site in ``SITE_PATH``; a model without one belongs to the whole
organisation and needs Django's ordinary model permission.  What is ``SHARED`` may be read by
whoever has a right on any site, except for rows that name another one (``SHARED_SITES``).  A
missing right looks like a missing row.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Self

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

Actor = AbstractUser | AnonymousUser


def _site_model() -> type[models.Model]:
    return apps.get_model(settings.PERMISSION_SITE_MODEL)


def _granted(user: Actor, actions: Iterable[str], model: Any) -> Iterator[Any]:
    """Give the keys of the rows of ``model`` on which ``user`` holds one of ``actions``: by grants
    to the person, then by grants to groups of the person."""
    held = {
        "permission__content_type": ContentType.objects.get_for_model(model),
        "permission__codename__in": [f"{action}_{model._meta.model_name}" for action in actions],
    }
    of_people: Any = get_user_obj_perms_model(model)
    of_groups: Any = get_group_obj_perms_model(model)
    for who, grants in (("user", of_people), ("group__user", of_groups)):
        yield grants.objects.filter(**{who: user}, **held).values("content_object")


def permitted_sites(user: Actor, action: str) -> models.QuerySet[Any]:
    """Return the network sites on which ``user`` holds ``action`` (``view`` or ``change``), by a
    grant on the site or on its region. The right to change includes the right to view."""
    site = _site_model()
    if not user.is_authenticated or not user.is_active:
        return site._default_manager.none()
    region: Any = site._meta.get_field("region").related_model
    actions = sorted({action, "change"})
    # Every page asks this; by guardian's get_objects_for_user it would be a query of 12 tables.
    condition = Q()
    for keys in _granted(user, actions, site):
        condition |= Q(pk__in=keys)
    for keys in _granted(user, actions, region):
        condition |= Q(region__in=keys)
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
