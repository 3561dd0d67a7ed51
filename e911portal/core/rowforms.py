"""Forms that edit one row, and the rows that belong to it, as one person may."""

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.models import BaseInlineFormSet, ModelChoiceField, inlineformset_factory
from django.utils.crypto import salted_hmac

from e911portal.core import audit
from e911portal.core.errors import show_in
from e911portal.core.permissions import ScopedQuerySet
from e911portal.core.widgets import ChoiceSearch, SecretField, dress, options_url

#: What Django shows for no choice; forms here say it in words.
EMPTY_CHOICE = "---------"
#: Up to this many rows are offered as a plain list, which also works without JavaScript.
PLAIN_LIST = 50


def limit_choices(field: forms.Field, user: Any, *, depends_on: str = "") -> None:
    """Offer ``user`` the visible rows only, and search instead of listing where they are many."""
    if not isinstance(field, ModelChoiceField):
        return
    if isinstance(field.queryset, ScopedQuerySet):
        field.queryset = field.queryset.visible_to(user)
    many = isinstance(field, forms.ModelMultipleChoiceField)
    if not many and field.empty_label == EMPTY_CHOICE:
        field.empty_label = "Choose …" if field.required else "None"
    url = "" if many else options_url(field.queryset.model)
    if url and field.queryset[: PLAIN_LIST + 1].count() > PLAIN_LIST:
        attrs = field.widget.attrs
        field.widget = ChoiceSearch(url=url, depends_on=depends_on, attrs=attrs)
        field.widget.choices = field.choices


class RowForm(forms.ModelForm):
    """A model form as ``user`` may fill it in: visible choices, hidden secrets, the field's own
    help."""

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        for name, field in list(self.fields.items()):
            self._hide_secret(name, field)
            field = self.fields[name]
            narrower = "site" if name != "site" and "site" in self.fields else ""
            limit_choices(field, user, depends_on=narrower)
            dress(field)

    def _hide_secret(self, name: str, field: forms.Field) -> None:
        columns = {column.name: column for column in self._meta.model._meta.concrete_fields}
        if getattr(columns.get(name), "is_secret", False):
            self.fields[name] = SecretField(
                stored=getattr(self.instance, name) or "",
                label=field.label,
                help_text=field.help_text,
                required=field.required,
            )


class InlineForm(RowForm):
    """One row of an inline set.  A blank new row is no row, whatever its place; one that shows
    something is a row, also when it was offered (the 911 of a new policy)."""

    ordered_by = ""

    @property
    def changed_data(self) -> list[str]:
        if not self.instance._state.adding:
            return super().changed_data
        names = [name for name in self._meta.fields if name != self.ordered_by]
        return [name for name in names if self[name].data not in (None, "", [])]


class InlineFormSet(BaseInlineFormSet):
    """The rows of one parent, with a quiet box to remove each."""

    inline: "Inline"

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        dress(form.fields["DELETE"])
        # Defaults are offered in the first row of a new parent; any other new row begins blank.
        if form.instance._state.adding and (self.instance.pk or index != 0):
            form.initial |= {
                name: None for name in form._meta.fields if name != self.inline.ordered_by
            }


@dataclass(frozen=True, slots=True)
class Inline:
    """Rows edited together with their parent: which model, which fields, and whether their order
    counts."""

    model: type[models.Model]
    fields: tuple[str, ...]
    title: str
    ordered_by: str = ""
    explanation: str = ""

    def formset(self, parent: models.Model, *, user: Any, data: Any = None) -> BaseInlineFormSet:
        """Return the set of forms for ``parent``'s rows, with one blank row to add."""
        form = type("Form", (InlineForm,), {"ordered_by": self.ordered_by})
        fields = [*self.fields, *([self.ordered_by] if self.ordered_by else [])]
        factory = inlineformset_factory(
            type(parent),
            self.model,
            form=form,
            formset=type("FormSet", (InlineFormSet,), {"inline": self}),
            fields=fields,
            extra=1,
            can_delete=True,
        )
        rows = self.model._default_manager.order_by(self.ordered_by or "pk")
        formset = factory(
            data,
            instance=parent,
            prefix=self.model._meta.model_name,
            queryset=rows,
            form_kwargs={"user": user},
        )
        return formset


def version(form: forms.ModelForm, sets: list[BaseInlineFormSet]) -> str:
    """Return what tells one state of a row and its inline rows from another: a keyed hash of all
    values that the form edits, as stored."""
    values = [form.initial, *(sorted(_initial(one), key=str) for one in sets)]
    text = json.dumps(values, default=_plain, sort_keys=True)
    return salted_hmac("e911portal.form.version", text, algorithm="sha256").hexdigest()[:32]


def _initial(formset: BaseInlineFormSet) -> list[Any]:
    return [[form.instance.pk, form.initial] for form in formset.initial_forms]


def _plain(value: Any) -> str:
    return str(value.pk) if isinstance(value, models.Model) else str(value)


class RowRefused(Exception):
    """An inline row could not be written; its own form says why."""


def save_inline(formset: BaseInlineFormSet, parent: models.Model, *, by: Any) -> None:
    """Write what changed in a valid ``formset``, row by row with its audit row; renumber the order.

    Runs inside the caller's transaction. Raises ``RowRefused`` where ``audit.create`` raises
    ``ValidationError``, as for a row that clashes with one written a moment before.
    """
    order = formset.inline.ordered_by
    gone = set(formset.deleted_forms)
    for form in gone:
        if form.instance.pk:
            audit.delete(form.instance, by=by)
    kept = [
        form
        for form in formset.forms
        if form not in gone and (form.instance.pk or form.has_changed())
    ]
    if order:
        kept.sort(key=lambda form: form.cleaned_data.get(order) or 0)
    for place, form in enumerate(kept):
        row = form.instance
        moved = bool(order) and form.initial.get(order) != place
        if order:
            setattr(row, order, place)
        try:
            if row.pk is None:
                setattr(row, formset.fk.name, parent)
                audit.create(row, by=by)
            elif moved or form.has_changed():
                audit.update(row, by=by)
        except ValidationError as error:
            show_in(form, error)
            raise RowRefused from error
