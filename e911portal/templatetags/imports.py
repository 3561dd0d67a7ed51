"""Template tags of import pages: what a plan means in words, and ways through its rows."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django import template
from django.apps import apps
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from e911portal.core.icons import icon
from e911portal.core.tables import STATES
from e911portal.core.wording import how_many
from e911portal.importing import DIALECTS
from locations.domain.effects import Effects
from locations.domain.imports import BLOCKING
from locations.models import ImportBatch

register = template.Library()


@register.filter
def dialect_words(names: str) -> str:
    """Return the dialects of an import for people."""
    return ", ".join(DIALECTS.get(name, name) for name in names.split(", "))


@register.simple_tag
def effect_words(effects: Effects, done: str = "") -> str:
    """Return what writing means, in a sentence or two; with ``done``, what it meant."""
    verbs = (("added", effects.created), ("changed", effects.updated), ("deleted", effects.deleted))
    rows = [
        f"{_list(counted)} {_be(counted, bool(done))} {verb}" for verb, counted in verbs if counted
    ]
    places = [
        how_many(number, one, many)
        for number, one, many in (
            (effects.gained, "element gains a location", "elements gain a location"),
            (effects.moved, "element moves to another", "elements move to another"),
            (effects.lost, "element loses its location", "elements lose their location"),
        )
        if number
    ]
    sentences = ["; ".join(rows), ", ".join([] if done else places)]
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in sentences if text)


def _be(counted: Counter[str], done: bool) -> str:
    if not done:
        return "would be"
    return "was" if counted.total() == 1 else "were"


def _list(counted: Counter[str]) -> str:
    named = [_number(model, number) for model, number in counted.items()]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def _number(label: str, number: int) -> str:
    meta = apps.get_model(label)._meta
    return how_many(number, str(meta.verbose_name), str(meta.verbose_name_plural))


@register.simple_tag
def blocked_words(batch: ImportBatch) -> str:
    """Return how many rows keep a plan from being applied."""
    totals = batch.totals()
    counted = [(verdict.value, totals.get(verdict.value, 0)) for verdict in BLOCKING]
    named = [how_many(number, word) for word, number in sorted(counted, reverse=True) if number]
    return f"{' and '.join(named)}."


@register.simple_tag
def facet(batch: ImportBatch, word: str, kind: str, chosen: str, words: str = "") -> SafeString:
    """Return the link to the rows with one verdict, and how many there are."""
    number = sum(
        counted for name, verdict, counted in _counted(batch) if kind in ("", name)
        and word in ("", verdict)
    )  # fmt: skip
    symbol, colour = STATES.get(word, ("list", "secondary"))
    return _link(
        {"verdict": word, "kind": kind},
        format_html(
            '{}<span>{}</span> <span class="count">{}</span>',
            icon(symbol),
            words or word.capitalize(),
            f"{number:,}",
        ),
        css=f"facet state-{colour}",
        here=word == chosen,
    )


@register.simple_tag
def kind_link(batch: ImportBatch, name: str, chosen: str, verdict: str) -> SafeString:
    """Return the link to the rows of one kind, or away from them."""
    here = bool(chosen) and name == chosen
    target = {"verdict": verdict, "kind": "" if here else name}
    words = name or "other lines"
    if not name:
        return format_html("{}", words)
    return _link(target, words[:1].upper() + words[1:], here=here)


def _counted(batch: ImportBatch) -> Iterator[tuple[str, str, int]]:
    for name, counted in batch.counts.items():
        for verdict, number in counted.items():
            yield name, verdict, number


@register.simple_tag
def page_link(kind: str, verdict: str, number: int) -> str:
    """Return the query of another page of the same rows."""
    return _query({"verdict": verdict, "kind": kind, "page": number})


@register.simple_tag
def count_of(counted: dict[str, int], word: str) -> Any:
    """Return a number of a table; zero is quiet."""
    number = counted.get(word, 0)
    return f"{number:,}" if number else format_html('<span class="text-secondary">{}</span>', 0)


def _query(values: dict[str, Any]) -> str:
    return f"?{urlencode({name: value for name, value in values.items() if value})}"


def _link(values: dict[str, Any], words: Any, *, css: str = "", here: bool = False) -> SafeString:
    href = _query(values)
    return format_html(
        '<a class="{}" href="{}" hx-get="{}" hx-target="#results" hx-swap="outerHTML"'
        ' hx-push-url="true"{}>{}</a>',
        css,
        href,
        href,
        format_html(' aria-current="{}"', "true") if here else "",
        words,
    )


@register.filter
def entry(values: dict[str, str], name: str) -> str:
    """Return one value of a dictionary, or the name itself where there is none."""
    return values.get(name, name)
