"""Every list is searched, filtered, sorted and paged by its URL, whatever somebody writes there."""

import pytest
from django import forms
from django.test import Client

from e911portal.core.crud import Role
from locations.models import NetworkSite
from tests.core.api_cases import CASES
from tests.core.pages import VIEWS


def choice(field: forms.Field) -> str:
    """Return a value that the filter's field takes."""
    if isinstance(field, forms.ModelChoiceField):
        row = field.queryset.first()
        return "" if row is None else str(field.prepare_value(row))
    if isinstance(field, forms.ChoiceField):
        return next((str(value) for value, _ in field.choices if value), "")
    if isinstance(field, forms.DateField | forms.DateTimeField):
        return "2026-11-21"
    return "1"


@pytest.mark.parametrize("name", VIEWS)
def test_list_is_filtered_by_each_of_its_filters(
    name: str, browser: Client, ny1: NetworkSite
) -> None:
    CASES[name].row(ny1)
    url = VIEWS[name].url(Role.LIST)
    shown = browser.get(url).context
    everything = {row.pk for row in shown["table"].data}

    wrong = {}
    for each, field in shown["filterset"].form.fields.items():
        context = browser.get(url, {each: choice(field)}).context
        found = {row.pk for row in context["table"].data}
        if context["filterset"].form.errors or not found <= everything:
            wrong[each] = (context["filterset"].form.errors, found)

    assert everything
    assert wrong == {}


@pytest.mark.parametrize("name", VIEWS)
def test_filter_that_makes_no_sense_is_told_or_finds_nothing(
    name: str, browser: Client, ny1: NetworkSite
) -> None:
    CASES[name].row(ny1)
    url = VIEWS[name].url(Role.LIST)
    fields = browser.get(url).context["filterset"].form.fields

    taken = []
    for each in fields:
        context = browser.get(url, {each: "\x00 no/such%thing'"}).context
        if not context["filterset"].form.errors and list(context["table"].data):
            taken.append(each)

    assert taken == []


@pytest.mark.parametrize("name", VIEWS)
def test_list_is_sorted_by_each_of_its_columns(
    name: str, browser: Client, ny1: NetworkSite
) -> None:
    row = CASES[name].row(ny1)
    view = VIEWS[name]
    columns = [
        column
        for column, made in view.table_class.base_columns.items()
        if made.orderable is not False
    ]

    orders = [order for column in columns for order in (column, f"-{column}")]
    tables = {
        order: browser.get(view.url(Role.LIST), {"sort": order}).context["table"]
        for order in orders
    }

    assert {order: table.order_by for order, table in tables.items()} == {
        order: (order,) for order in orders
    }
    assert all(row.pk in {each.pk for each in table.data} for table in tables.values())


@pytest.mark.parametrize("name", VIEWS)
def test_sort_and_page_that_do_not_exist_show_the_list(
    name: str, browser: Client, ny1: NetworkSite
) -> None:
    CASES[name].row(ny1)

    response = browser.get(VIEWS[name].url(Role.LIST), {"sort": "no_such", "page": "999"})

    assert response.status_code == 200
    assert list(response.context["table"].data)
