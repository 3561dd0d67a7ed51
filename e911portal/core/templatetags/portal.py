"""Template tags of all pages: icons, states, navigation, and a row's fields in its own words."""

import re
from dataclasses import dataclass
from typing import Any

from django import template
from django.apps import apps
from django.db import models
from django.template.context import RequestContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from e911portal.core.crud import may_list
from e911portal.core.icons import icon as icon_of
from e911portal.core.tables import state_badge, url_of

register = template.Library()

#: Shown in a fixed-width face: what engineers compare digit by digit.
MONOSPACE = frozenset(
    {
        "cidr", "value", "port_id", "number", "mac", "sip_uri", "line_uri", "host", "pattern",
        "number_pattern", "translation", "first", "last", "conference_uri", "notification_uris",
        "alternate_caller_id", "latitude", "longitude", "address", "url", "dial_string", "masks",
        "call_ref", "call_id", "caller_uri", "callback_number", "dialled", "digest", "hash",
        "previous_hash", "request_id", "object_id", "sha256", "file", "tag", "prefix", "pc", "hno",
    }
)  # fmt: skip
#: Choices that are states, hence shown with icon and colour.
STATE_FIELDS = frozenset({"state", "verdict", "confidence"})
ACRONYMS = {"uri": "URI", "erl": "ERL", "sip": "SIP", "sha256": "SHA-256"}
EMPTY = format_html('<span class="text-secondary">{}</span>', "—")


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """Draw an icon of the sprite."""
    return icon_of(name, css)


@register.simple_tag
def state(value: str, word: str = "") -> SafeString:
    """Show a state as icon, word and colour."""
    return state_badge(str(value), word)


@register.filter
def page_url(obj: models.Model) -> str:
    """Return the URL of a row's page, or ""."""
    return url_of(obj)


@register.filter
def first_up(text: object) -> str:
    """Return ``text`` with its first letter and its acronyms in capitals, the rest as it is."""
    words = " ".join(ACRONYMS.get(word, word) for word in str(text).split(" "))
    return words[:1].upper() + words[1:]


@register.filter
def breaks(uri: object) -> SafeString:
    """Show an address so that a narrow column breaks it at its joints, before ``@``, ``.`` and
    ``;``, not within a word."""
    parts = re.split(r"(?=[@.;])", str(uri))
    return format_html_join(SafeString("<wbr>"), "{}", ((part,) for part in parts))


@register.filter
def age(moment: Any) -> str:
    """Return how long ago ``moment`` was, in the largest unit that fits: 3 h."""
    if moment is None:
        return ""
    seconds = max(0, int((timezone.now() - moment).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


@dataclass(frozen=True, slots=True)
class Row:
    """One field of a row as a page shows it."""

    label: str
    value: Any
    help_text: str


def shown(obj: models.Model, name: str) -> Any:
    """Return the value of one field for a page: a link, a state, words, or a dash."""
    column = obj._meta.get_field(name)
    value = getattr(obj, name)
    if getattr(column, "is_secret", False):
        return state_badge("yes", "Stored") if value else state_badge("no", "Not stored")
    in_words = getattr(obj, f"get_{name}_display", None)
    if in_words and not column.choices:
        return in_words()  # the model's own words, also for what is not set
    if isinstance(value, bool):
        return state_badge("yes" if value else "no", "Yes" if value else "No")
    if value is None or value == "" or value == [] or value == {}:
        return EMPTY
    if isinstance(value, models.Model):
        url = url_of(value)
        return format_html('<a href="{}">{}</a>', url, value) if url else str(value)
    if isinstance(column, models.ManyToManyField):
        linked = [(url_of(row), row) for row in value.all()]
        return format_html_join(", ", '<a href="{}">{}</a>', linked) if linked else EMPTY
    if name in STATE_FIELDS:
        return state_badge(value, getattr(obj, f"get_{name}_display", str)())
    if column.choices:
        return getattr(obj, f"get_{name}_display")()
    if hasattr(value, "tzinfo"):
        shown_at = f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), shown_at)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = format_html_join("", "<div>{}</div>", ((item,) for item in value))
    elif isinstance(value, int) and not isinstance(value, bool):
        value = f"{value:,}" if name not in ("port",) else str(value)
    if name in MONOSPACE:
        return format_html('<span class="font-monospace">{}</span>', value)
    return value


@register.simple_tag
def field_rows(obj: models.Model, names: tuple[str, ...] = ()) -> list[Row]:
    """Return the named fields of ``obj``, or all that mean something to a person, in their
    order."""
    columns = obj._meta.concrete_fields + tuple(obj._meta.many_to_many)
    chosen = names or [column.name for column in columns if column.name != "id" and column.editable]
    rows = []
    for name in chosen:
        column = obj._meta.get_field(name)
        label = first_up(column.verbose_name)
        rows.append(Row(label, shown(obj, name), str(column.help_text)))
    return rows


@register.simple_tag(takes_context=True)
def nav_link(context: RequestContext, target: str, words: str = "", key: str = "") -> SafeString:
    """Link to a model's list (``locations.erl``), where the person may open it."""
    request, model = context["request"], apps.get_model(target)
    cache = request.__dict__.setdefault("_nav_rights", {})
    if model not in cache:
        cache[model] = may_list(request.user, model)
    if not cache[model]:
        return SafeString("")
    app, name = target.split(".")
    url = reverse(f"{app}:{name}-list")
    words = words or first_up(model._meta.verbose_name_plural)
    return _nav(url, words, key, request.path.startswith(url))


@register.simple_tag(takes_context=True)
def nav_page(context: RequestContext, name: str, words: str, key: str = "") -> SafeString:
    """Link to a page by the name of its URL; shown to everybody who is logged in."""
    url = reverse(name)
    return _nav(url, words, key, context["request"].path == url)


def _nav(url: str, words: str, key: str, here: bool) -> SafeString:
    # Forty on each page: a template of its own for each would be a fifth of the page's work.
    return format_html(
        '<a class="nav-link{}" href="{}"{}{}>{}</a>',
        " active" if here else "",
        url,
        SafeString(' aria-current="page"') if here else "",
        format_html(' data-key="{}"', key) if key else "",
        words,
    )


@register.filter
def is_old(moment: Any) -> bool:
    """Tell whether a job that waits since ``moment`` should long have been taken up."""
    return (timezone.now() - moment).total_seconds() > 30


@register.filter
def one_line(values: dict[str, Any]) -> str:
    """Return a provider's form of an address on one line."""
    order = ("hno", "hns", "prd", "rd", "sts", "pod", "a3", "a1", "pc")
    line = " ".join(str(values[name]) for name in order if values.get(name))
    community = str(values.get("msag_community") or "")
    is_other = community and community.casefold() != str(values.get("a3") or "").casefold()
    return f"{line}, MSAG community {community}" if is_other else line


@register.filter
def civic_line(civic: dict[str, str] | None) -> str:
    """Return PIDF civic elements on one line, each with its name."""
    return ", ".join(f"{name} {value}" for name, value in (civic or {}).items())


@register.filter
def words_of(value: Any) -> str:
    """Return a JSON value for reading: no braces, no quotes."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {words_of(item)}" for name, item in value.items() if item)
    if isinstance(value, list):
        return ", ".join(words_of(item) for item in value)
    return "—" if value in (None, "") else str(value)


@register.filter
def event_words(data: dict[str, Any]) -> str:
    """Return what a call event says besides its kind, without the parts shown elsewhere."""
    hidden = {"pidf_lo", "targets", "reasons", "location", "decision"}
    return words_of({name: value for name, value in data.items() if name not in hidden})


@register.filter
def place_of(location: dict[str, Any] | None) -> str:
    """Return the place of a routing decision: its ERL and street, or that there is none."""
    if not location:
        return "none"
    erl = location.get("erl")
    name = erl.get("name") if isinstance(erl, dict) else erl
    return ", ".join(part for part in (name, civic_line(location.get("civic"))) if part) or "none"


@register.filter
def total_of(changesets: list[Any]) -> int:
    """Return how many elements all change sets of a plan touch."""
    return sum(entry.total for entry in changesets)


@register.filter
def thousands(number: int) -> str:
    """Return a number with its thousands apart."""
    return f"{number:,}"


@register.filter
def first_rows(rows: list[Any], number: int) -> list[Any]:
    """Return the first ``number`` of ``rows``."""
    return rows[:number]


@register.filter
def finding_url(finding: Any) -> str:
    """Return the page of what a finding, as an object or as JSON, is about, or ""."""
    subject = finding["subject"] if isinstance(finding, dict) else finding.subject
    if not subject:
        return ""
    kind, pk = (
        (subject["kind"], subject["pk"])
        if isinstance(subject, dict)
        else (subject.kind, subject.pk)
    )
    app, _, model = str(kind).partition(".")
    try:
        return reverse(f"{app}:{model}-detail", args=[pk]) if pk is not None else ""
    except NoReverseMatch:
        return ""


_EFFECTS = {
    "gains": ("plus", "green"),
    "loses": ("minus", "red"),
    "moves": ("right", "yellow"),
    "changes": ("pencil", "blue"),
}


@register.simple_tag
def effect_sign(name: str) -> SafeString:
    """Show what becomes of answers beside a sentence that says it: icon and colour."""
    symbol, colour = _EFFECTS[str(name)]
    return format_html('<span class="state state-{}">{}</span>', colour, icon_of(symbol))


@register.simple_tag
def effect(name: str) -> SafeString:
    """Show what becomes of an element's answer."""
    symbol, colour = _EFFECTS[str(name)]
    return format_html(
        '<span class="state state-{}">{}<span>{}</span></span>', colour, icon_of(symbol), name
    )
