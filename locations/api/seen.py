"""REST resource of what devices report and the wire map does not know."""

from e911portal.core.api.filters import filterset
from e911portal.core.api.serializers import ScopedSerializer
from e911portal.core.api.viewsets import ScopedReadOnlyViewSet
from locations.models import SeenElement


class SeenElementSerializer(ScopedSerializer):
    class Meta:
        model = SeenElement
        fields = [
            "id", "kind", "key", "port", "site", "count", "first_seen_at", "last_seen_at",
            "is_ignored",
        ]  # fmt: skip


class SeenElements(ScopedReadOnlyViewSet):
    """Network elements that lookups fell through or missed, and how often."""

    queryset = SeenElement.objects.select_related("site")
    serializer_class = SeenElementSerializer
    filterset_class = filterset(SeenElement, "kind", "is_ignored", "key", site="name")
    search_fields = ("key", "port")
