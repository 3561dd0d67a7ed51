"""No page asks another host for anything: works in a building whose Internet line is down."""

import re
from pathlib import Path

import pytest

from tests.architecture.sources import files, name

#: Places where a URL is loaded by the browser on its own. (A link that a person follows is not.)
LOADING = re.compile(
    r"""(?ix)
    (?: \b(?:src|srcset|poster|data|action|formaction|hx-get|hx-post|sse-connect) \s*=\s* ["']?
      | <link\b[^>]*\bhref \s*=\s* ["']?
      | url\( \s* ["']?
      | @import \s+ ["']?
      | \b(?:fetch|import|EventSource|WebSocket|Worker)\( \s* ["'`]
      | \bfrom \s+ ["']
    )
    (?: (?:https?|wss?): )? //
    """
)
WRITTEN_HERE = [
    path
    for suffix in (".html", ".css", ".js", ".svg", ".txt")
    for path in files("templates", "static", "e911portal", "locations", "routing", "notifications",
                      suffix=suffix)
]  # fmt: skip


@pytest.mark.parametrize("path", WRITTEN_HERE, ids=name)
def test_file_loads_nothing_from_another_host(path: Path) -> None:
    lines = path.read_text(errors="replace").splitlines()

    outside = [(number, line) for number, line in enumerate(lines, 1) if LOADING.search(line)]

    assert outside == []


@pytest.mark.parametrize(
    ("text", "loads"),
    [
        ('<script src="https://cdn.example.com/a.js">', True),
        ('<link rel="stylesheet" href="//cdn.example.com/a.css">', True),
        ("@import 'https://fonts.example.com/f.css';", True),
        ("background: url(//example.com/a.png)", True),
        ("new EventSource('https://example.com/stream')", True),
        ('<a href="https://example.com/">', False),
        ('<script src="/static/a.js">', False),
        ('xmlns="http://www.w3.org/2000/svg"', False),
    ],
)
def test_loading_is_noticed(text: str, loads: bool) -> None:
    assert bool(LOADING.search(text)) is loads
