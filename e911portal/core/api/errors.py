"""One envelope for every error of the REST API.

``{"error": {"code", "message", "fields": [{"field", "value", "message"}], "request_id"}}``; in
answers to a bulk request each field also has the ``index`` of its row.
"""

import logging
from collections.abc import Iterator
from typing import Any

from django.core import exceptions as django
from django.core.signals import got_request_exception
from django.db import IntegrityError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response

from e911portal.core.middleware import current_context

log = logging.getLogger(__name__)

#: Keys under which Django and DRF put what concerns the row as a whole.
_WHOLE_ROW = ("non_field_errors", "__all__")
_LONGEST_VALUE = 200
_WHO_ARE_YOU = "Log in, or send a token in the header “Authorization: Token <secret>”."


class Conflict(exceptions.APIException):
    """The request is fine, but the state of the data forbids it (RFC 9110 section 15.5.10)."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"
    default_detail = "Somebody else changed this at the same moment. Read it again and repeat."


class PreconditionFailed(exceptions.APIException):
    """The row is no longer the one that ``If-Match`` names (RFC 9110 section 13.1.1)."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "precondition_failed"
    default_detail = (
        "The row changed since you read it. Read it again, repeat your change, send its new ETag."
    )


class TooLarge(exceptions.APIException):
    """The body is larger than ``DATA_UPLOAD_MAX_MEMORY_SIZE`` (RFC 9110 section 15.5.14)."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "The request is too large. Send it in smaller parts."


class Busy(exceptions.APIException):
    """The database did not take the request in time, or is away (RFC 9110 section 15.6.4)."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "busy"
    default_detail = "The database is busy or away. Nothing was changed. Repeat the request."
    retry_after_s = 5


class InUse(Conflict):
    """Something else still needs the row; ``uses`` are (kind, key, name) of what does."""

    default_code = "in_use"

    def __init__(self, detail: str, uses: list[tuple[str, Any, str]]) -> None:
        super().__init__(detail)
        self.uses = uses


class NotReady(Conflict):
    """The work cannot be done as long as ``reasons`` (name: what to do) stand."""

    default_code = "refused"

    def __init__(self, detail: str, reasons: dict[str, str]) -> None:
        super().__init__(detail)
        self.reasons = reasons


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response:
    """Turn whatever a view raised into the envelope (DRF's setting ``EXCEPTION_HANDLER``).

    What nobody foresaw is logged with its traceback and answered with 500 and no detail.
    """
    request = context.get("request")
    error = _as_api_exception(exc, request)
    if error is None:
        log.exception("REST request failed", exc_info=exc)
        got_request_exception.send(sender=None, request=getattr(request, "_request", None))
        error = exceptions.APIException("The portal failed. The log has it under the request id.")
        error.default_code = "server_error"
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header
    if isinstance(error, Busy):
        headers["Retry-After"] = str(error.retry_after_s)
    return Response(_envelope(error, context), status=error.status_code, headers=headers)


def as_detail(error: django.ValidationError) -> Any:
    """Return a Django ``ValidationError`` in DRF's form: messages by field, or a list of them."""
    return error.message_dict if hasattr(error, "error_dict") else error.messages


def _as_api_exception(exc: Exception, request: Any) -> exceptions.APIException | None:
    match exc:
        case exceptions.NotAuthenticated():
            exc.detail = exceptions.ErrorDetail(_WHO_ARE_YOU, exc.default_code)
            return exc
        case exceptions.APIException():
            return exc
        case Http404():
            return exceptions.NotFound("There is no such object, or you have no right to it.")
        case django.PermissionDenied():
            return exceptions.PermissionDenied(*map(str, exc.args[:1]))
        case django.ValidationError():
            return exceptions.ValidationError(as_detail(exc))
        case ProtectedError():
            return _in_use(exc, getattr(request, "user", None))
        case IntegrityError():
            return Conflict()
        case OperationalError():
            log.warning("REST request found the database busy or away: %s", exc)
            return Busy()
        case django.RequestDataTooBig():
            return TooLarge()
        case django.SuspiciousOperation():
            return exceptions.ParseError()
        case RecursionError():
            return exceptions.ParseError("The JSON is nested too deeply.")
    return None


def _in_use(exc: ProtectedError, user: Any) -> InUse:
    by_model: dict[Any, list[Any]] = {}
    for row in exc.protected_objects:
        by_model.setdefault(type(row), []).append(row)
    uses: list[tuple[str, Any, str]] = []
    for model, rows in by_model.items():
        # Somebody with rights on one site learns that others use the row, but not their names.
        visible = model._default_manager.filter(pk__in=[row.pk for row in rows])
        if hasattr(visible, "visible_to"):
            visible = visible.visible_to(user)
        uses += [(model._meta.label_lower, row.pk, str(row)) for row in visible[:20]]
    total = sum(map(len, by_model.values()))
    named = ", ".join(name for _, _, name in uses[:5]) or "rows that you may not see"
    more = f" and {total - 5} more" if uses and total > 5 else ""
    return InUse(f"Still used by {named}{more}. Change or delete those first.", uses)


def _envelope(error: exceptions.APIException, context: dict[str, Any]) -> dict[str, Any]:
    codes = error.get_codes()
    fields = list(_fields(error, context))
    if isinstance(error.detail, str):
        message = str(error.detail)
    elif len(fields) == 1:
        message = fields[0]["message"]
    else:
        message = f"{len(fields)} values were refused. Each is listed with what to do."
    return {
        "error": {
            "code": codes if isinstance(codes, str) and codes != "error" else error.default_code,
            "message": message,
            "fields": fields,
            "request_id": current_context().id,
        }
    }


def _fields(error: exceptions.APIException, context: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if isinstance(error, InUse):
        for kind, key, name in error.uses:
            yield {"field": kind, "value": key, "message": name}
        return
    if isinstance(error, NotReady):
        for name, message in error.reasons.items():
            yield {"field": name, "value": None, "message": message}
        return
    if isinstance(error.detail, str):
        return
    data = _submitted(context.get("request"))
    secret = getattr(context.get("view"), "secret_fields", frozenset())
    bulk = isinstance(data, list)
    for path, message in _flatten(error.detail):
        names = path[1:] if bulk else path
        entry: dict[str, Any] = {"index": path[0]} if bulk and path else {}
        entry["field"] = ".".join(map(str, names)) or None
        entry["value"] = None if secret & set(names) else _value_at(data, path)
        entry["message"] = str(message)
        yield entry


def _flatten(detail: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    if isinstance(detail, dict):
        for key, value in detail.items():
            yield from _flatten(value, path if key in _WHOLE_ROW else (*path, key))
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            nested = isinstance(value, dict | list)
            yield from _flatten(value, (*path, index) if nested else path)
    else:
        yield path, detail


def _submitted(request: Any) -> Any:
    try:
        return request.data or request.query_params
    except (exceptions.APIException, AttributeError):
        return None  # the body itself could not be read; there is no value to show


def _value_at(data: Any, path: tuple[Any, ...]) -> Any:
    if not path:
        return None
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    if isinstance(data, dict | list):
        return None if isinstance(data, dict) else [str(item)[:_LONGEST_VALUE] for item in data]
    return data if isinstance(data, int | float | bool | None) else str(data)[:_LONGEST_VALUE]
