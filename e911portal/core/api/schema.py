"""What the OpenAPI description says about every resource: errors, ETags and bulk requests."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers


class TokenScheme(OpenApiAuthenticationExtension):
    """Describes ``TokenAuthentication`` as a bearer token, which every client generator knows."""

    target_class = "e911portal.core.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "From `manage.py create_token` or `/api/v1/api-tokens/`.",
        }


class FieldErrorSerializer(serializers.Serializer):
    """What is wrong with one value, and the remedy."""

    index = serializers.IntegerField(required=False, help_text="Row of a bulk request, from 0.")
    field = serializers.CharField(allow_null=True, help_text="Null: the row as a whole.")
    value = serializers.JSONField(allow_null=True, help_text="As submitted; secrets are left out.")
    message = serializers.CharField()


class ErrorSerializer(serializers.Serializer):
    """Why a request was refused."""

    code = serializers.CharField(help_text="Stable word for programs, such as not_found.")
    message = serializers.CharField(help_text="A sentence for people.")
    fields = FieldErrorSerializer(many=True)
    request_id = serializers.CharField(help_text="Also in the log and in the audit trail.")


class ErrorEnvelopeSerializer(serializers.Serializer):
    """The one form of every error."""

    error = ErrorSerializer()


_ERRORS = {
    "list": (400, 401),
    "retrieve": (401, 404),
    "create": (400, 401, 403, 409),
    "update": (400, 401, 403, 404, 409, 412),
    "partial_update": (400, 401, 403, 404, 409, 412),
    "destroy": (401, 403, 404, 409, 412),
}
_CONDITIONAL = ("update", "partial_update", "destroy")


class EnvelopeSchema(AutoSchema):
    """The schema of a resource, with the error envelope, ``If-Match`` and lists in POST."""

    @property
    def _action(self) -> str:
        return getattr(self.view, "action", "") or ""

    def get_override_parameters(self) -> list[Any]:
        """Return the header of conditional writes."""
        if self._action not in _CONDITIONAL:
            return []
        return [
            OpenApiParameter(
                "If-Match",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="ETag of the version you read; 412 when the row changed since.",
            )
        ]

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        if self._action == "create" and self._takes_lists:
            self._allow_list(bodies.get("201", {}).get("content", {}))
        codes = _ERRORS.get(self._action, (400, 401, 403, 404, 409))
        for code in (*codes, *self.view.further_errors, 503):
            if str(code) not in bodies:
                bodies[str(code)] = self._get_response_for_code(
                    ErrorEnvelopeSerializer, str(code), direction=direction
                )
        return bodies

    def _get_request_body(self, direction: Any = "request") -> Any:
        body = super()._get_request_body(direction)
        if body and self._action == "create" and self._takes_lists:
            self._allow_list(
                {
                    kind: content
                    for kind, content in body["content"].items()
                    if kind == "application/json"
                }
            )
        return body

    @property
    def _takes_lists(self) -> bool:
        return bool(getattr(self.view, "bulk", False))

    @staticmethod
    def _allow_list(content: dict[str, Any]) -> None:
        for media in content.values():
            one = media["schema"]
            media["schema"] = {"oneOf": [one, {"type": "array", "items": one, "maxItems": 1000}]}
