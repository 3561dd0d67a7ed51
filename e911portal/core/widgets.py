"""Form widgets: a search instead of a long list, secrets that never come back, quiet Bootstrap
looks."""

from typing import Any

from django import forms
from django.db import models
from django.urls import NoReverseMatch, reverse


def options_url(model: type[models.Model]) -> str:
    """Return the URL that searches rows of ``model`` for a form, or "" where the model has no
    pages."""
    try:
        return reverse(f"{model._meta.app_label}:{model._meta.model_name}-options")
    except NoReverseMatch:
        return ""


class ChoiceSearch(forms.Select):
    """A choice among any number of rows: the page carries the chosen row only, typing finds the
    others.

    ``depends_on`` names another field of the same form whose value narrows the search (its site).
    """

    def __init__(self, *, url: str, depends_on: str = "", attrs: Any = None) -> None:
        super().__init__(attrs)
        self.url = url
        self.depends_on = depends_on

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        iterator: Any = self.choices
        chosen = [int(text) for text in value if str(text).isdigit()]
        rows = iterator.queryset.filter(pk__in=chosen) if chosen else ()
        self.choices = [("", iterator.field.empty_label or "")]
        self.choices += [(row.pk, iterator.field.label_from_instance(row)) for row in rows]
        try:
            return super().optgroups(name, value, attrs)
        finally:
            self.choices = iterator

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        attrs = super().build_attrs(base_attrs, extra_attrs)
        attrs["data-options-url"] = self.url
        if self.depends_on:
            attrs["data-depends-on"] = self.depends_on
        return attrs


class SecretInput(forms.PasswordInput):
    """A secret: never shown, kept where nothing is typed, removed where the box is ticked.

    Gives the text typed, ``False`` for “remove”, ``None`` for “keep”, as ``ClearableFileInput``
    does.
    """

    template_name = "core/secret_input.html"
    is_stored = False

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, None, {"autocomplete": "new-password", **(attrs or {})})
        context["widget"].update(is_stored=self.is_stored, clear_name=f"{name}-clear")
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        typed = super().value_from_datadict(data, files, name)
        if typed:
            return typed
        return False if f"{name}-clear" in data else None

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False


class SecretField(forms.Field):
    """A form field over ``SecretInput``; ``stored`` is what it keeps."""

    def __init__(self, *, stored: str = "", **kwargs: Any) -> None:
        self.stored = stored
        super().__init__(**{"widget": SecretInput, **kwargs})
        self.widget.is_stored = bool(stored)

    def clean(self, value: Any) -> str:
        if value is False:
            value = ""
        elif value is None:
            value = self.stored
        super().clean(value)
        return str(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return data is not None


_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.RadioSelect, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.Widget, "form-control"),
)


def dress(field: forms.Field) -> None:
    """Give the widget of ``field`` its Bootstrap class."""
    css = next(css for kind, css in _CLASSES if isinstance(field.widget, kind))
    known = field.widget.attrs.get("class", "")
    if css not in known.split():
        field.widget.attrs["class"] = f"{known} {css}".strip()
    if isinstance(field.widget, forms.Textarea):
        field.widget.attrs["rows"] = 3
    if isinstance(field.widget, forms.SelectMultiple):
        field.widget.attrs["size"] = 8
