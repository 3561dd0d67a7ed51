"""The portal's own icons: one sprite, referred to by name."""

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString


def icon(name: str, css: str = "") -> SafeString:
    """Return an icon of ``static/icons.svg``; decoration only, a word always stands beside it."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        css,
        static("icons.svg"),
        name,
    )
