"""Form fields that core's model fields need."""

from typing import Any

from django import forms


class TextListWidget(forms.Textarea):
    """One item per line."""

    def format_value(self, value: Any) -> str:
        return "\n".join(value) if isinstance(value, list) else (value or "")


class TextListFormField(forms.CharField):
    """Takes one item per line; gives a list.  The model field normalises and checks the items."""

    widget = TextListWidget

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", TextListWidget(attrs={"rows": 3}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> list[str]:
        if isinstance(value, list):
            return value
        lines = (value or "").replace(",", "\n").replace(";", "\n").splitlines()
        return [line.strip() for line in lines if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)

    def prepare_value(self, value: Any) -> str:
        return "\n".join(value) if isinstance(value, list) else (value or "")
