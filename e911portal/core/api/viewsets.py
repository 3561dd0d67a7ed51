"""The viewsets of the REST API: a queryset, a serializer and a filter set make a resource.

Rows are reached through the querysets of ``core.permissions``, so that a missing right is a missing
row (404). Writes go through ``core.audit``, in one transaction with all that belongs to them.
"""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import models, transaction
from rest_framework import mixins, status, viewsets
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from e911portal.core import audit
from e911portal.core.api.concurrency import check_if_match, etag, not_modified
from e911portal.core.api.errors import as_detail
from e911portal.core.api.filters import ColumnOrdering, StrictFilterBackend, WordSearch
from e911portal.core.api.schema import EnvelopeSchema
from e911portal.core.api.serializers import anchor_of
from e911portal.core.permissions import holds_everywhere

#: Rows in one bulk request: as many as one page of a list can hold.
BULK_LIMIT = 1000


class ScopedReadOnlyViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """A resource that is read only: lists and single rows, as far as the person may see them."""

    schema = EnvelopeSchema()
    parser_classes = [JSONParser]  # a form cannot tell “left out” from “false” or “empty”
    filter_backends = [StrictFilterBackend, WordSearch, ColumnOrdering]
    search_fields: tuple[str, ...] = ()

    #: Statuses of errors that every action may answer with besides the usual ones.
    further_errors: tuple[int, ...] = ()

    #: Which rows an action reaches; what is not listed only needs to be visible.
    scopes = {
        "update": "editable_by",
        "partial_update": "editable_by",
        "destroy": "deletable_by",
    }

    def get_queryset(self) -> Any:
        """Return the rows that the person may see, or change, or delete, by action."""
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        return getattr(rows, self.scopes.get(self.action, "visible_to"))(self.request.user)

    @property
    def secret_fields(self) -> frozenset[str]:
        """Names of fields whose submitted values must not be repeated in an error."""
        columns = self.queryset.model._meta.concrete_fields
        return frozenset(field.name for field in columns if getattr(field, "is_secret", False))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return one row with its ETag, or 304 when the client has that version."""
        row = self.get_object()
        data = self.get_serializer(row).data
        tag = etag(row, data)
        if not_modified(request, tag):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": tag})
        return Response(data, headers={"ETag": tag})


class ScopedViewSet(ScopedReadOnlyViewSet):
    """A resource that is also written: one row, or a list of rows in one transaction."""

    #: Whether POST also takes a list.
    bulk = True

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add one row, or all rows of a list or none of them."""
        if isinstance(request.data, list) and self.bulk:
            return Response(self._create_all(request.data), status=status.HTTP_201_CREATED)
        with transaction.atomic():
            serializer = self._create(request.data)
        row, data = serializer.instance, serializer.data
        headers = {"ETag": etag(row, data), "Location": self._address(row)}
        return Response(data, status=status.HTTP_201_CREATED, headers=headers)

    def update(self, request: Request, *args: Any, partial: bool = False, **kw: Any) -> Response:
        """Replace a row; honours ``If-Match``."""
        with transaction.atomic():
            row = self._locked()
            check_if_match(request, etag(row, self.get_serializer(row).data))
            serializer = self.get_serializer(row, data=request.data, partial=partial)
            serializer.is_valid(raise_exception=True)
            self._check_site(serializer.save(), "change")
            row = self.get_queryset().get(pk=row.pk)  # without the children that were prefetched
        data = self.get_serializer(row).data
        return Response(data, headers={"ETag": etag(row, data)})

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change some fields of a row; honours ``If-Match``."""
        return self.update(request, *args, partial=True, **kwargs)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete a row; honours ``If-Match``. Answers 409 while something else uses it."""
        with transaction.atomic():
            row = self._locked()
            check_if_match(request, etag(row, self.get_serializer(row).data))
            audit.delete(row, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _create(self, data: Any) -> Any:
        serializer = self.get_serializer(data=data)
        serializer.is_valid(raise_exception=True)
        self._check_site(serializer.save(), "add")
        return serializer

    def _create_all(self, rows: list[Any]) -> list[Any]:
        if len(rows) > BULK_LIMIT:
            raise ValidationError(f"{len(rows)} rows are too many. Send at most {BULK_LIMIT}.")
        made: list[Any] = []
        errors: list[Any] = []
        denied = False
        with transaction.atomic():
            for data in rows:
                errors.append({})
                try:
                    with transaction.atomic():
                        made.append(self._create(data).data)
                except DjangoValidationError as error:
                    errors[-1] = {"__all__": [], **_by_field(as_detail(error))}
                except (ValidationError, PermissionDenied) as error:
                    errors[-1] = _by_field(error.detail)
                    denied |= isinstance(error, PermissionDenied)
            if any(errors):
                raise (PermissionDenied if denied else ValidationError)(errors)
        return made

    def _locked(self) -> Any:
        """Return the row, locked until the transaction ends: one writer per ETag gets by."""
        row = self.get_object()
        type(row)._default_manager.select_for_update().filter(pk=row.pk).first()
        return self.get_object()

    def _check_site(self, row: models.Model, action: str) -> None:
        # The related fields have refused foreign sites already; this catches rows without a site.
        model, user = type(row), self.request.user
        if holds_everywhere(user, action, model):
            return
        if not model._default_manager.editable_by(user).filter(pk=row.pk).exists():
            anchor = anchor_of(model)
            message = f"You may {action} this only at a site that you may change."
            raise PermissionDenied({anchor: message} if anchor else message)

    def _address(self, row: models.Model) -> str:
        return self.reverse_action("detail", args=[getattr(row, self.lookup_field)])


def _by_field(detail: Any) -> dict[str, Any]:
    return detail if isinstance(detail, dict) else {"__all__": detail}
