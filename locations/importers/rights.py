"""What the person who imports may change, asked once per plan instead of once per row."""

import functools
from typing import Any

from e911portal.core.permissions import can_add, holds_everywhere, permitted_sites


class Rights:
    """The rights of ``by`` on sites and models; None is the system, which may do everything."""

    def __init__(self, by: Any) -> None:
        self._by = by
        self.is_unlimited = by is None or by.is_superuser

    @functools.cached_property
    def _sites(self) -> frozenset[int]:
        return frozenset(permitted_sites(self._by, "change").values_list("pk", flat=True))

    @functools.cached_property
    def _seen(self) -> frozenset[int]:
        return frozenset(permitted_sites(self._by, "view").values_list("pk", flat=True))

    def sees(self, model: Any, site: int | None) -> bool:
        """Tell whether a row of ``model`` on ``site`` may be named to whoever imports."""
        if self.is_unlimited or site is None or site in self._seen:
            return True
        return any(holds_everywhere(self._by, action, model) for action in ("view", "change"))

    @functools.cache  # noqa: B019  lives as long as one plan
    def may(self, model: Any, action: str, site: int | None) -> bool:
        """Tell whether a row of ``model`` on ``site`` may be subject to ``action``."""
        if self.is_unlimited or holds_everywhere(self._by, action, model):
            return True
        path = getattr(model, "SITE_PATH", None)
        if path is None or (path == "pk" and action != "change"):
            return False
        return (
            can_add(self._by, model) and site in self._sites
            if action == "add"
            else (site in self._sites)
        )
