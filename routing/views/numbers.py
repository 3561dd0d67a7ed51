"""Pages of normalization rules, call-park orbits and ELINs."""

from e911portal.core.crud import CRUDView
from e911portal.core.related import Related
from routing import filters, forms, models, tables


class Rules(CRUDView):
    model, form_class = models.NormalizationRule, forms.RuleForm
    filterset_class, table_class = filters.RuleFilter, tables.RuleTable


class Orbits(CRUDView):
    model, form_class = models.CallParkOrbit, forms.OrbitForm
    filterset_class, table_class = filters.OrbitFilter, tables.OrbitTable


class ELINs(CRUDView):
    model, form_class = models.ELIN, forms.ELINForm
    filterset_class, table_class = filters.ELINFilter, tables.ELINTable
    select_related = ("erl",)
    related = (Related("Leases", lambda elin: elin.leases.all(), tables.LeaseTable),)
