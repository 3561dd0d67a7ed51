"""Tables of figures at several sizes: printed, compared with what was promised, put into the page.

A figure is a number of seconds or megabytes, or a count; ``Figure`` says what it is and how large
it may be at full size.
"""

import os
import platform
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"

#: Size (1 is full) → name of the figure → value.
Results = Mapping[float, Mapping[str, float]]


class Figure(NamedTuple):
    """What a figure is, its limit at full size, and its unit: ``s``, ``MB`` or nothing."""

    what: str
    limit: float | None = None
    unit: str = "s"


def shown(value: float, unit: str) -> str:
    """Return a figure for people."""
    if unit == "s" and value < 1:
        return f"{value * 1000:,.0f} ms"
    return f"{value:,.1f} {unit}" if unit == "s" else f"{value:,.0f} {unit}".strip()


def table(results: Results, figures: Mapping[str, Figure]) -> Iterator[str]:
    """Yield the lines of the table: a column per size, the growth over all of them, the limit."""
    sizes = sorted(results)
    grows = len(sizes) > 1
    heads = [f"{size:.0%}" for size in sizes] + ["growth"] * grows
    yield f"| | {' | '.join(heads)} | figure |"
    yield f"|---|{'---:|' * (len(sizes) + grows)}---:|"
    for name in results[sizes[0]]:
        what, limit, unit = figures[name]
        values = [results[size][name] for size in sizes]
        cells = [shown(value, unit) for value in values]
        if grows:
            cells.append(f"× {values[-1] / values[0]:.1f}" if values[0] else "")
        yield f"| {what} | {' | '.join(cells)} | {f'< {shown(limit, unit)}' if limit else ''} |"


def missed(results: Results, figures: Mapping[str, Figure]) -> Iterator[str]:
    """Yield the figures that were missed."""
    for size, found in results.items():
        for name, value in found.items():
            what, limit, unit = figures[name]
            if limit is not None and value >= limit:
                yield f"{size:.0%}: {what} is {shown(value, unit)}, not below {shown(limit, unit)}"


def write(mark: str, lines: list[str]) -> None:
    """Put the table between the marks of that name in docs/benchmarks.md."""
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLite"
    text = "\n".join([begin, f"{time.strftime('%Y-%m-%d')}, {machine}:", "", *lines, end])
    page = PAGE.read_text(encoding="utf-8")
    replaced = re.sub(f"{begin}.*{end}", lambda _: text, page, flags=re.DOTALL)
    PAGE.write_text(replaced, encoding="utf-8")


def finish(mark: str, results: Results, figures: Mapping[str, Figure], *, into_page: bool) -> int:
    """Print the table and what was missed, write it if asked; return the exit status."""
    lines = list(table(results, figures))
    print("\n".join(lines))
    if into_page:
        write(mark, lines)
    failures = list(missed(results, figures))
    print("\n".join(failures) if failures else "Every figure is reached.")
    return int(bool(failures))
