"""One view class for the pages of every model: list, options, form, detail, delete, history.

A model's pages are declared, not written::

    class Subnets(CRUDView):
        model, form_class = Subnet, SubnetForm
        filterset_class, table_class = SubnetFilter, SubnetTable
        select_related = ("site", "erl")

and routed by ``*Subnets.urls()``.  Rows are fetched *through* the person's rights, so that a
missing right looks like a missing row.  Every write and its audit row are one transaction.
"""

import enum
import inspect
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.text import slugify
from django.views import View
from django_tables2 import RequestConfig

from e911portal.core import audit, consequences, history
from e911portal.core.errors import OutOfReach, show_in
from e911portal.core.filters import FilterSet
from e911portal.core.htmx import page_or_part, see_other
from e911portal.core.permissions import can_add, has_any_grant, holds_everywhere
from e911portal.core.related import Related
from e911portal.core.rowforms import Inline, RowForm, RowRefused, save_inline, version
from e911portal.core.tables import PageRows, Table, url_of

PER_PAGE = 50
OPTIONS = 50


class Role(enum.Enum):
    """What one URL of a model does: the last part of its name, and its path."""

    LIST = ("list", "")
    OPTIONS = ("options", "options/")
    CREATE = ("create", "add/")
    DETAIL = ("detail", "<int:pk>/")
    UPDATE = ("update", "<int:pk>/edit/")
    DELETE = ("delete", "<int:pk>/delete/")
    HISTORY = ("history", "<int:pk>/history/")

    def __init__(self, word: str, path: str) -> None:
        self.word = word
        self.path = path


READ_ONLY = frozenset({Role.LIST, Role.DETAIL})


def may_list(user: Any, model: type[models.Model]) -> bool:
    """Tell whether ``user`` may open the list of ``model`` at all, be it empty."""
    if any(holds_everywhere(user, action, model) for action in ("view", "change")):
        return True
    if not (getattr(model, "SITE_PATH", None) or getattr(model, "SHARED", False)):
        return False
    if not hasattr(user, "_works_somewhere"):  # asked for each link of the navigation
        user._works_somewhere = has_any_grant(user)
    return user._works_somewhere


class CRUDView(View):
    """The pages of ``model``; subclasses set the attributes, everything else is here once."""

    model: ClassVar[type[models.Model]]
    form_class: ClassVar[type[RowForm]]
    filterset_class: ClassVar[type[FilterSet]]
    table_class: ClassVar[type[Table]]
    roles: ClassVar[frozenset[Role]] = frozenset(Role)
    inlines: ClassVar[tuple[Inline, ...]] = ()
    related: ClassVar[tuple[Related, ...]] = ()
    select_related: ClassVar[tuple[str, ...]] = ()
    #: Detail page: titled groups of field names; none stands for all fields in one group.
    cards: ClassVar[tuple[tuple[str, tuple[str, ...]], ...]] = ()
    list_template: ClassVar[str] = "core/list.html"
    detail_template: ClassVar[str] = "core/detail.html"
    form_template: ClassVar[str] = "core/form.html"

    role: Role = Role.LIST

    @classmethod
    def urls(cls) -> list[URLPattern]:
        """Return the model's URL patterns, under its plural name."""
        meta = cls.model._meta
        slug = slugify(str(meta.verbose_name_plural))
        return [
            path(
                f"{slug}/{role.path}", cls.as_view(role=role), name=f"{meta.model_name}-{role.word}"
            )
            for role in Role
            if role in cls.roles
        ]

    @classmethod
    def url(cls, role: Role, obj: models.Model | None = None) -> str:
        """Return the URL of a role, "" where the model has no such page."""
        meta = cls.model._meta
        name = f"{meta.app_label}:{meta.model_name}-{role.word}"
        args = [obj.pk] if obj is not None else None
        return reverse(name, args=args) if role in cls.roles else ""

    def get(self, request: HttpRequest, **kwargs: int) -> HttpResponse:
        return getattr(self, f"show_{self.role.word}")(**kwargs)

    def post(self, request: HttpRequest, **kwargs: int) -> HttpResponse:
        if self.role not in (Role.CREATE, Role.UPDATE, Role.DELETE):
            return self.http_method_not_allowed(request)
        return getattr(self, f"do_{self.role.word}")(**kwargs)

    # ---------------------------------------------------------------- rows and rights
    def rows(self) -> models.QuerySet[Any]:
        """Return all rows, with what a table row and a title need."""
        return self.model._default_manager.select_related(*self.select_related)

    def _row(self, right: str, pk: int) -> Any:
        return get_object_or_404(getattr(self.rows(), right)(self.request.user), pk=pk)

    def _holds(self, right: str, obj: models.Model) -> bool:
        rows = getattr(self.model._default_manager.all(), right)(self.request.user)
        return rows.filter(pk=obj.pk).exists()

    def _may_add(self) -> bool:
        return Role.CREATE in self.roles and can_add(self.request.user, self.model)

    def _context(self) -> dict[str, Any]:
        meta = self.model._meta
        context = {"view": self, "noun": meta.verbose_name, "nouns": meta.verbose_name_plural}
        context["is_published"] = getattr(self.model, "PUBLISHED", False)
        context["list_url"] = self.url(Role.LIST)
        return context

    # ---------------------------------------------------------------- list, options
    def _filtered(self) -> FilterSet:
        if not may_list(self.request.user, self.model):
            raise Http404
        rows = self.rows().visible_to(self.request.user)
        return self.filterset_class(self.request.GET, queryset=rows, request=self.request)

    def show_list(self) -> HttpResponse:
        """The rows: filtered, searched, sorted and paged by URL."""
        filterset = self._filtered()
        rows = filterset.qs.order_by(*self.table_class.default_order)
        table = self.table_class(PageRows(rows, self.rows(), filterset.found))
        table.is_cut = filterset.is_cut
        RequestConfig(self.request, paginate={"per_page": PER_PAGE}).configure(table)
        context = {**self._context(), "filterset": filterset, "table": table}
        context["explanation"] = (inspect.getdoc(self.model) or "").split("\n\n")[0]
        context["create_url"] = self.url(Role.CREATE) if self._may_add() else ""
        return page_or_part(self.request, self.list_template, "core/results.html", context)

    def show_options(self) -> JsonResponse:
        """The first rows that a form's search finds, in the order of the list."""
        rows = self._filtered().qs.order_by(*self.table_class.default_order)
        options = [{"value": row.pk, "text": str(row)} for row in rows[:OPTIONS]]
        return JsonResponse({"options": options})

    # ---------------------------------------------------------------- detail, history
    def show_detail(self, pk: int) -> HttpResponse:
        """One row: its fields in cards, and the rows that belong to it."""
        obj = self._row("visible_to", pk)
        context = {**self._tabs(obj), "tab": "detail", **self.more_context(obj)}
        context["related"] = [item.shown(obj, self.request) for item in self.related]
        return render(self.request, self.detail_template, context)

    def more_context(self, obj: Any) -> dict[str, Any]:
        """Return what a subclass's own detail template shows besides."""
        return {}

    def show_history(self, pk: int) -> HttpResponse:
        """Who changed the row or the rows edited with it, when, and what."""
        obj = self._row("visible_to", pk)
        changes = self._changes(obj)
        context = {**self._tabs(obj), "tab": "history", "changes": changes}
        return render(self.request, "core/history.html", context)

    def _changes(self, obj: Any) -> list[history.Change]:
        models = [inline.model for inline in self.inlines]
        return history.of(obj, models, seen_by=self.request.user)

    def _tabs(self, obj: Any) -> dict[str, Any]:
        def url(role: Role, right: str) -> str:
            return self.url(role, obj) if role in self.roles and self._holds(right, obj) else ""

        return {
            **self._context(),
            "object": obj,
            "detail_url": self.url(Role.DETAIL, obj),
            "history_url": self.url(Role.HISTORY, obj),
            "update_url": url(Role.UPDATE, "editable_by"),
            "delete_url": url(Role.DELETE, "deletable_by"),
        }

    # ---------------------------------------------------------------- form
    def show_create(self) -> HttpResponse:
        """The empty form, filled with the values that the URL names."""
        self._require_add()
        return self._form_page(self.form(initial=self.request.GET.dict()), self._sets(self.model()))

    def do_create(self) -> HttpResponse:
        """Insert the row and its inline rows."""
        self._require_add()
        form = self.form(data=self.request.POST, files=self.request.FILES)
        return self._write(form, "created")

    def show_update(self, pk: int) -> HttpResponse:
        """The form of an existing row."""
        obj = self._row("editable_by", pk)
        form, sets = self.form(instance=obj), self._sets(obj)
        return self._form_page(form, sets, str(obj), version=version(form, sets))

    def do_update(self, pk: int) -> HttpResponse:
        """Save the row and its inline rows, unless somebody else did since the form was opened."""
        with transaction.atomic():
            self._row("editable_by", pk)
            self.model._base_manager.select_for_update().get(pk=pk)
            obj = self._row("editable_by", pk)
            label = str(obj)
            form = self.form(data=self.request.POST, files=self.request.FILES, instance=obj)
            opened = self.request.POST.get("_version")
            if opened and opened != version(form, self._sets(obj)):
                return self._stale(form, label)
            return self._write(form, "updated", label)

    def _stale(self, form: RowForm, label: str) -> HttpResponse:
        """Show the form with what was typed, and who was faster; saving again replaces that."""
        found = self._changes(form.instance)
        who = (found[0].event.actor_name if found else "") or "Somebody"
        form.full_clean()
        form.add_error(
            None,
            f"{who} changed this while your form was open. The history says what; saving again "
            "replaces it with what stands here.",
        )
        obj = self._row("editable_by", form.instance.pk)
        fresh = version(self.form(instance=obj), self._sets(obj))
        sets = self._sets(obj, data=self.request.POST)
        return self._form_page(form, sets, label, status=409, version=fresh)

    def form(self, **kwargs: Any) -> RowForm:
        """Return the form for the person."""
        return self.form_class(user=self.request.user, **kwargs)

    def _require_add(self) -> None:
        if not self._may_add():
            raise Http404

    def _sets(self, obj: models.Model, data: Any = None) -> list[Any]:
        user = self.request.user
        return [inline.formset(obj, user=user, data=data) for inline in self.inlines]

    def _form_page(
        self,
        form: RowForm,
        sets: list[Any],
        label: str = "",
        status: int = 200,
        version: str = "",
    ) -> HttpResponse:
        context = {**self._context(), "form": form, "sets": sets, "label": label}
        context["refused"] = bool(form.errors) or any(
            any(formset.errors) or formset.non_form_errors() for formset in sets
        )
        context["version"] = version or self.request.POST.get("_version", "")
        context["back_url"] = url_of(form.instance) if label else self.url(Role.LIST)
        return render(self.request, self.form_template, context, status=status)

    def _write(self, form: RowForm, action: str, label: str = "") -> HttpResponse:
        sets = self._sets(form.instance, data=self.request.POST)
        if all([form.is_valid(), *(formset.is_valid() for formset in sets)]):
            key = form.instance.pk
            try:
                with transaction.atomic():
                    self.save(form, sets)
                    if not self._reaches(form.instance, action):
                        raise OutOfReach
            except RowRefused:
                pass  # the row says so
            except ValidationError as error:
                show_in(form, error)
            except OutOfReach as error:
                site = (getattr(self.model, "SITE_PATH", None) or "").split("__")[0]
                form.add_error(site if site in form.fields else None, error.message)
            else:
                return self.saved(form.instance, action)
            form.instance.pk = key
            form.instance._state.adding = key is None
        return self._form_page(form, sets, label, status=422)

    def _reaches(self, obj: models.Model, action: str) -> bool:
        everywhere = action == "created" and holds_everywhere(self.request.user, "add", self.model)
        return everywhere or self._holds("editable_by", obj)

    def save(self, form: RowForm, sets: list[Any]) -> None:
        """Write the row, its many-to-many choices and its inline rows, each with its audit row."""
        obj, by = form.instance, self.request.user
        if obj.pk is None:
            audit.create(obj, by=by)
        else:
            audit.update(obj, by=by)
        chosen = [field.name for field in obj._meta.many_to_many if field.name in form.fields]
        before = {name: sorted(getattr(obj, name).values_list("pk", flat=True)) for name in chosen}
        form._save_m2m()
        after = {name: sorted(getattr(obj, name).values_list("pk", flat=True)) for name in chosen}
        audit.record("updated", obj, by=by, before=before, after=after)
        for formset in sets:
            save_inline(formset, obj, by=by)

    def saved(self, obj: models.Model, action: str) -> HttpResponse:
        """Answer a successful write: on to the row, or to the next blank form."""
        later = " Devices see it once it is published." if getattr(obj, "PUBLISHED", False) else ""
        messages.success(self.request, f"{obj} {action}.{later}")
        again = "_another" in self.request.POST
        return see_other(self.request, self.url(Role.CREATE) if again else url_of(obj))

    # ---------------------------------------------------------------- delete
    def show_delete(self, pk: int) -> HttpResponse:
        """What deleting the row means, in words and numbers."""
        return self._delete_page(self._row("deletable_by", pk))

    def do_delete(self, pk: int) -> HttpResponse:
        """Delete the row and what hangs on it, each with its audit row; refuse while it is used."""
        obj = self._row("deletable_by", pk)
        label = str(obj)
        try:
            audit.delete(obj, by=self.request.user)
        except ProtectedError:
            return self._delete_page(obj, status=409)
        messages.success(self.request, f"{label} deleted.")
        return see_other(self.request, self.url(Role.LIST))

    def _delete_page(self, obj: models.Model, status: int = 200) -> HttpResponse:
        effects = consequences.of(obj, seen_by=self.request.user)
        context = {**self._context(), "object": obj, "effects": effects, "back_url": url_of(obj)}
        return render(self.request, "core/delete.html", context, status=status)
