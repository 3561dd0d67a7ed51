"""The serializer of a model: the model's own checks decide, every write leaves its audit row."""

from typing import Any

from django.db import models
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.relations import ManyRelatedField

from e911portal.core import audit
from e911portal.core.api.children import Children
from e911portal.core.fields import NormalisedCharField, TextListField
from e911portal.core.permissions import holds_everywhere


def anchor_of(model: type[models.Model]) -> str | None:
    """Return the field by which a row hangs on its network site, None if it hangs on none."""
    path = getattr(model, "SITE_PATH", None)
    return None if path in (None, "pk") else path.split("__")[0]


class ScopedRelatedField(serializers.PrimaryKeyRelatedField):
    """A foreign key by id, among the rows that the person may see.

    The key that anchors the row on a site must be one that the person may change; otherwise it is
    no spelling mistake but a missing right (403).
    """

    default_error_messages = {
        "does_not_exist": "There is no such object, or you have no right to it. Give another id.",
    }

    def _is_anchor(self) -> bool:
        model = getattr(getattr(self.parent, "Meta", None), "model", None)
        return model is not None and self.source == anchor_of(model)

    def _has_free_choice(self, user: Any) -> bool:
        action = "change" if self.parent.instance is not None else "add"
        return holds_everywhere(user, action, self.parent.Meta.model)

    def get_queryset(self) -> Any:
        """Return the rows to choose from."""
        rows = super().get_queryset()
        request = self.context.get("request")
        if request is None or not hasattr(rows, "visible_to"):
            return rows
        if self._is_anchor() and not self._has_free_choice(request.user):
            return rows.editable_by(request.user)
        return rows.visible_to(request.user)

    def to_internal_value(self, data: Any) -> Any:
        """Return the row. Raises ``PermissionDenied`` for a site that one may not change."""
        try:
            return super().to_internal_value(data)
        except ValidationError as error:
            user = self.context["request"].user
            unknown = "does_not_exist" in error.get_codes()
            if unknown and self._is_anchor() and not self._has_free_choice(user):
                kind = self.queryset.model._meta.verbose_name
                message = f"You have no right to change {kind} {data}, if there is one."
                raise PermissionDenied({self.field_name: message}) from error
            raise


class ScopedSerializer(serializers.ModelSerializer):
    """A model serializer that leaves the checking of rows to ``full_clean``.

    Beside each foreign key stands its read-only ``…_name``. Fields of type ``Children`` are lists
    of rows that belong to this one. Secrets are taken, never shown. Unknown fields are refused.
    """

    serializer_related_field = ScopedRelatedField

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the declared and generated fields, with the names of foreign keys inserted."""
        fields: dict[str, serializers.Field] = {}
        for name, field in super().get_fields().items():
            fields[name] = field
            if isinstance(field, serializers.PrimaryKeyRelatedField):
                null = field.allow_null or self.Meta.model._meta.get_field(name).null
                fields[f"{name}_name"] = serializers.StringRelatedField(
                    source=name, allow_null=null, help_text=f"Name of {name}."
                )
        return fields

    def get_validators(self) -> list[Any]:
        """Return nothing: constraints are checked by the model, whose messages name the remedy."""
        return []

    def get_uniqueness_extra_kwargs(
        self, field_names: Any, declared_fields: Any, extra_kwargs: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Change nothing: a field is not required merely because a constraint names it."""
        return extra_kwargs, {}

    def build_standard_field(self, field_name: str, model_field: Any) -> tuple[Any, dict[str, Any]]:
        """Return the serializer field, less what the model checks better after normalising."""
        field_class, options = super().build_standard_field(field_name, model_field)
        options.pop("validators", None) if model_field.unique else None
        if isinstance(model_field, NormalisedCharField):
            options.pop("max_length", None)  # counts after normalising only
        if isinstance(model_field, TextListField):
            help_text = options.get("help_text")
            return serializers.ListField, {
                "child": serializers.CharField(),
                "required": False,
                **({"help_text": help_text} if help_text else {}),
            }
        if getattr(model_field, "is_secret", False):
            options["write_only"] = True
        return field_class, options

    def build_relational_field(self, field_name: str, relation_info: Any) -> tuple[Any, Any]:
        """Return the related field; that each row is taken once only is the model's check."""
        field_class, options = super().build_relational_field(field_name, relation_info)
        options.pop("validators", None)
        return field_class, options

    def to_internal_value(self, data: Any) -> Any:
        """Return the checked values. Raises ``ValidationError``, for unknown fields too."""
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                hint = f"There is no such field. Choose from: {', '.join(self.fields)}."
                raise ValidationError({name: hint for name in unknown})
        return super().to_internal_value(data)

    def create(self, validated_data: dict[str, Any]) -> Any:
        """Insert the row and what belongs to it. Raises Django's ``ValidationError``."""
        lists, many = self._split(validated_data)
        row = self.Meta.model(**validated_data)
        audit.create(row, by=self._by)
        self._save_lists(row, lists, many)
        return row

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        """Change the row and what belongs to it. Raises Django's ``ValidationError``."""
        lists, many = self._split(validated_data)
        for name, value in validated_data.items():
            setattr(instance, name, value)
        audit.update(instance, by=self._by)
        self._save_lists(instance, lists, many)
        return instance

    @property
    def _by(self) -> Any:
        return self.context["request"].user

    def _split(self, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        lists, many = {}, {}
        for name, field in self.fields.items():
            if field.source not in values:
                continue
            if isinstance(field, Children):
                lists[name] = values.pop(field.source)
            elif isinstance(field, ManyRelatedField):
                many[field.source] = values.pop(field.source)
        return lists, many

    def _save_lists(self, row: Any, lists: dict[str, Any], many: dict[str, Any]) -> None:
        for name, items in lists.items():
            self.fields[name].save(row, items, by=self._by)
        for name, chosen in many.items():
            manager = getattr(row, name)
            before = sorted(manager.values_list("pk", flat=True))
            manager.set(chosen)
            after = sorted(manager.values_list("pk", flat=True))
            audit.record("updated", row, by=self._by, before={name: before}, after={name: after})
