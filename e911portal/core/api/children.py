"""Lists inside a row: the chassis ids of a switch, the trunks of a route in their order."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from e911portal.core import audit
from e911portal.core.api.errors import as_detail


class Children(serializers.ListField):
    """Rows that belong to one parent and are read and written as a list in it.

    Writing replaces the list: rows that are equal stay, the others are deleted and added, each with
    its audit row. Subclasses say what an item looks like.
    """

    #: Columns that make an item what it is; two rows with the same ones are the same item.
    columns: tuple[str, ...]

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)

    def describe(self, row: Any) -> Any:
        """Return the item that shows ``row``."""
        raise NotImplementedError

    def values(self, item: Any, position: int) -> dict[str, Any]:
        """Return the columns that ``item`` stands for. Raises ``ValidationError``."""
        raise NotImplementedError

    def in_order(self, rows: Any) -> list[Any]:
        """Return the rows in the order of the list: as they were added."""
        return sorted(rows, key=lambda row: row.pk)

    def to_representation(self, data: Any) -> list[Any]:
        """Return the items of a parent; ``data`` is its related manager."""
        return [self.describe(row) for row in self.in_order(data.all())]

    def save(self, parent: models.Model, items: list[Any], *, by: Any) -> None:
        """Make the children of ``parent`` those that ``items`` describe; needs a transaction.

        Raises DRF's ``ValidationError`` with the messages by position in the list.
        """
        manager = getattr(parent, self.source)
        errors: dict[int, Any] = {}
        wanted: list[tuple[int, Any]] = []
        for index, item in enumerate(items):
            try:
                row = manager.model(
                    **{manager.field.name: parent}, **self._values(item, index, by=by)
                )
                row.clean_fields()  # brings identifiers into their one spelling
            except (DjangoValidationError, ValidationError) as error:
                errors[index] = self._messages(error)
            else:
                wanted.append((index, row))
        if not errors:
            errors = self._replace(manager, wanted, by=by)
        if errors:
            raise ValidationError({self.field_name: errors})

    def _values(self, item: Any, index: int, *, by: Any) -> dict[str, Any]:
        return self.values(item, index)

    def _replace(self, manager: Any, wanted: list[tuple[int, Any]], *, by: Any) -> dict[int, Any]:
        keep = [self._content(row) for _, row in wanted]
        present = []
        for row in manager.all():
            content = self._content(row)
            if content in keep and content not in present:
                present.append(content)
            else:
                audit.delete(row, by=by)
        errors: dict[int, Any] = {}
        for index, row in wanted:
            if self._content(row) in present:
                present.remove(self._content(row))  # a second equal item is added, and refused
                continue
            try:
                audit.create(row, by=by)
            except DjangoValidationError as error:
                errors[index] = self._messages(error)
        return errors

    def _content(self, row: Any) -> list[Any]:
        return [getattr(row, column) for column in self.columns]

    def _messages(self, error: Any) -> Any:
        return error.detail if isinstance(error, ValidationError) else as_detail(error)


class Identifiers(Children):
    """A list of texts: each row is one identifier, in its column ``value``."""

    child = serializers.CharField()
    columns = ("value",)

    def describe(self, row: Any) -> str:
        return row.value

    def values(self, item: Any, position: int) -> dict[str, Any]:
        return {"value": item}

    def _messages(self, error: Any) -> Any:
        detail = super()._messages(error)
        # The item is the value itself, so the column need not be named.
        return detail.get("value", detail) if isinstance(detail, dict) else detail


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "integer"}]})
class NameOrID(serializers.Field):
    """A reference to a row by its name (text) or its id (number)."""

    def to_internal_value(self, data: Any) -> str | int:
        if isinstance(data, bool) or not isinstance(data, str | int):
            raise ValidationError("Give a name (text) or an id (number).")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class OrderedNames(Children):
    """An ordered list of references through a table with a ``position``; shown by name.

    ``target`` is the foreign key of the through table that leads to what is named.
    """

    child = NameOrID()

    def __init__(self, *, target: str, **kwargs: Any) -> None:
        self.target = target
        self.columns = (f"{target}_id", "position")
        super().__init__(**kwargs)

    def in_order(self, rows: Any) -> list[Any]:
        return sorted(rows, key=lambda row: (row.position, row.pk))

    def describe(self, row: Any) -> str:
        return getattr(row, self.target).name

    def _values(self, item: Any, index: int, *, by: Any) -> dict[str, Any]:
        through = self.parent.Meta.model._meta.get_field(self.source).related_model
        model = through._meta.get_field(self.target).related_model
        key = {"pk": item} if isinstance(item, int) else {"name": item}
        row = model._default_manager.visible_to(by).filter(**key).first()
        if row is None:
            raise ValidationError(
                f"There is no {model._meta.verbose_name} “{item}”. Give the name or id of one."
            )
        return {self.target: row, "position": index}


class Records(Children):
    """A list of objects: the rows' ``columns`` by name, checked by the given serializer."""

    def __init__(self, *, child: serializers.ModelSerializer, **kwargs: Any) -> None:
        self.columns = tuple(child.Meta.fields)
        super().__init__(child=child, **kwargs)

    def describe(self, row: Any) -> Any:
        return self.child.to_representation(row)

    def values(self, item: Any, position: int) -> dict[str, Any]:
        return dict(item)
