"""What can be wrong with a row of a file: in words, with the column, the value and the remedy."""

from locations.domain.imports import Verdict

#: First characters that make a spreadsheet run a cell as a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Trouble(Exception):
    """A row that cannot be imported.  ``field`` names the column or parameter with ``value``."""

    verdict = Verdict.ERROR

    def __init__(self, message: str, *, field: str = "", value: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.value = value
        self.remedy = remedy
        self.other = -1  # the row of the import that this one contradicts


class Mistake(Trouble):
    """The row is not understood, or what it says is not valid."""


class Conflict(Trouble):
    """The row contradicts another row of the import, or something its importer may not change."""

    verdict = Verdict.CONFLICT


class Unreadable(Exception):
    """A file that cannot be read at all, or is refused before it is read; says why."""


def harmless(text: str, field: str) -> str:
    """Return a text that no spreadsheet runs as a formula.

    A leading apostrophe before such a character, as exports write it, is taken off.  Raises
    ``Mistake`` otherwise: the value would go on to every export made from the database.
    """
    if text.startswith("'") and text.lstrip("'").startswith(FORMULA):
        return text[1:]
    if text.startswith(FORMULA):
        raise Mistake(
            "A text that begins with = + - @ or a control character runs as a formula in a "
            "spreadsheet.",
            field=field,
            value=text,
            remedy="Remove that character, or write an apostrophe before it.",
        )
    return text


def neutral(text: str) -> str:
    """Return ``text`` as exports write it: after an apostrophe where it would run as a formula."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text
