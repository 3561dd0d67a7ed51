"""REST: normalization rules, call-park orbits, ELINs and their leases."""

from e911portal.core.api.filters import filterset
from e911portal.core.api.serializers import ScopedSerializer
from e911portal.core.api.viewsets import ScopedReadOnlyViewSet, ScopedViewSet
from routing.models import ELIN, CallParkOrbit, ELINLease, NormalizationRule


class NormalizationRuleSerializer(ScopedSerializer):
    class Meta:
        model = NormalizationRule
        fields = ["id", "name", "pattern", "translation", "priority", "description"]


class NormalizationRules(ScopedViewSet):
    """Dial-plan rules: digits that match a pattern become a global number."""

    queryset = NormalizationRule.objects.all()
    serializer_class = NormalizationRuleSerializer
    filterset_class = filterset(NormalizationRule, "name")
    search_fields = ("name", "pattern", "description")


class CallParkOrbitSerializer(ScopedSerializer):
    class Meta:
        model = CallParkOrbit
        fields = ["id", "name", "first", "last"]


class CallParkOrbits(ScopedViewSet):
    """Ranges of numbers where calls are parked."""

    queryset = CallParkOrbit.objects.all()
    serializer_class = CallParkOrbitSerializer
    filterset_class = filterset(CallParkOrbit, "name")
    search_fields = ("name",)


class ELINSerializer(ScopedSerializer):
    class Meta:
        model = ELIN
        fields = ["id", "number", "erl", "callback_window_min"]


class ELINs(ScopedViewSet):
    """Emergency location identification numbers: what a PSAP sees for an ERL."""

    queryset = ELIN.objects.select_related("erl")
    serializer_class = ELINSerializer
    filterset_class = filterset(ELIN, "number", erl="name")
    search_fields = ("number", "erl__name")


class ELINLeaseSerializer(ScopedSerializer):
    class Meta:
        model = ELINLease
        fields = ["id", "elin", "caller", "call_ref", "leased_at", "ended_at"]


class ELINLeases(ScopedReadOnlyViewSet):
    """Who used an ELIN and when."""

    queryset = ELINLease.objects.select_related("elin")
    serializer_class = ELINLeaseSerializer
    filterset_class = filterset(
        ELINLease,
        "caller",
        "call_ref",
        paths={"since": "leased_at__gte", "before": "leased_at__lt"},
        elin="number",
    )
