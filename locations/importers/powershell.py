"""PowerShell command lines, as far as scripts for Lync and Teams use them.

Reads cmdlets with named parameters, quoted texts, ``@{add="x"}`` tables, ``@("a","b")`` lists,
back-tick continuations and comments.  Pages and word processors turn hyphens into dashes, quotes
into curly ones and quotes into ``&#8221;``: PowerShell itself takes the first two, people paste all
three.  There are no variables, pipes or expressions: those lines are returned as not understood.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

DASHES = "–—―‒−-"  # the hyphen last: they stand in character classes
DOUBLE = '"“”„‟'
SINGLE = "'‘’‚‛"
_CMDLET = re.compile(rf"([A-Za-z]+)[{DASHES}]([A-Za-z][A-Za-z0-9]*)(?![\w.\\/:])")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_CONSTANTS = {"$true": "true", "$false": "false", "$null": ""}


@dataclass(frozen=True, slots=True)
class Command:
    """One cmdlet with its parameters, names in lower case; a switch has an empty value.

    ``fault`` says what was not understood, ``names`` has the parameters as they were written.
    """

    line: int
    name: str
    parameters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fault: str = ""
    names: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """Return the value of a parameter; a list is joined by commas."""
        values = self.parameters.get(name.lower())
        return default if values is None else ",".join(values)

    def has(self, name: str) -> bool:
        """Tell whether the parameter is given, with or without a value."""
        return name.lower() in self.parameters


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # parameter, word, text, item of a list, comma, fault
    value: str
    shown: str = ""


def parse(text: str) -> list[Command]:
    """Return the commands of a script, in order; never raises."""
    return [_command(line, statement) for line, statement in _statements(html.unescape(text))]


def looks_like(text: str) -> bool:
    """Tell whether a text is a script: its first line but comments begins with a cmdlet."""
    for line in text.splitlines():
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            return bool(_CMDLET.match(stripped) or stripped.startswith("$"))
    return False


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield statements with the line they begin at: lines joined at back-ticks and open quotes."""
    pending, start = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        start = start or number
        pending += line
        bare = pending.rstrip()
        if bare.endswith("`"):
            pending = bare[:-1] + " "
            continue
        if pending.strip() and not pending.lstrip().startswith("#"):
            yield start, pending.strip()
        pending, start = "", 0
    if pending.strip():
        yield start, pending.strip()


def _command(line: int, statement: str) -> Command:
    match = _CMDLET.match(statement)
    if match is None:
        return Command(line, "", fault=_unsupported(statement))
    name = f"{match.group(1)}-{match.group(2)}"
    parameters: dict[str, tuple[str, ...]] = {}
    names: dict[str, str] = {}
    current, follows = "", True
    for token in _tokens(statement[match.end() :]):
        if token.kind == "fault":
            return Command(line, name, parameters, token.value, names)
        if token.kind == "parameter":
            current = token.value.lower()
            if current in parameters:
                return Command(line, name, parameters, f"-{token.value} is given twice", names)
            parameters[current] = ()
            names[current] = token.shown
            follows = True
        elif token.kind == "comma":
            follows = True
        elif current and (follows or token.kind == "item"):
            parameters[current] = (*parameters[current], token.value)
            follows = False
        elif current:
            fault = f"“{token.value}” follows the value of -{names[current]}; quote such a text"
            return Command(line, name, parameters, fault, names)
        else:
            fault = f"“{token.value}” stands before any parameter name"
            return Command(line, name, parameters, fault, names)
    return Command(line, name, parameters, "", names)


def _unsupported(statement: str) -> str:
    if statement.startswith("$"):
        return "variables are not read; write the value itself"
    return "this is not a cmdlet"


def _tokens(text: str) -> Iterator[_Token]:
    position, size = 0, len(text)
    while position < size:
        character = text[position]
        if character.isspace():
            position += 1
        elif character == ",":
            yield _Token("comma", character)
            position += 1
        elif character == "#":
            return
        elif character in DOUBLE or character in SINGLE:
            value, position = _quoted(text, position)
            if value is None:
                yield _Token("fault", "a quote is not closed")
                return
            yield _Token("text", value)
        elif character in DASHES and (parameter := _parameter(text, position)):
            name, position = parameter
            yield _Token("parameter", name, name)
        elif character in "@({":
            values, position = _group(text, position)
            if values is None:
                yield _Token("fault", "a bracket is not closed")
                return
            for value in values:
                yield _Token("item", value)
        elif character in "|;&<>":
            yield _Token("fault", f"“{character}” joins commands; write one cmdlet per line")
            return
        else:
            end = position
            while end < size and not text[end].isspace() and text[end] not in ",|;":
                end += 1
            word = text[position:end]
            position = end
            if word.startswith("$"):
                if word.lower() not in _CONSTANTS:
                    yield _Token("fault", f"the variable {word} is not read; write its value")
                    return
                word = _CONSTANTS[word.lower()]
            yield _Token("word", word)


_PARAMETER = re.compile(rf"[{DASHES}]+\s*([A-Za-z][A-Za-z0-9]*)(?::|(?=[\s{DASHES}]|$))")


def _parameter(text: str, position: int) -> tuple[str, int] | None:
    """Return a parameter's name; pages put a blank after its dash, or make two dashes of it."""
    match = _PARAMETER.match(text, position)
    return (match.group(1), match.end()) if match else None


def _quoted(text: str, position: int) -> tuple[str | None, int]:
    """Return a quoted text; it ends at any quote of its family, doubled ones stand for one."""
    family = DOUBLE if text[position] in DOUBLE else SINGLE
    value = []
    position += 1
    while position < len(text):
        character = text[position]
        if character == "`" and family == DOUBLE and position + 1 < len(text):
            escaped = text[position + 1]
            value.append(_ESCAPES.get(escaped, escaped))
            position += 2
        elif character in family:
            if text[position + 1 : position + 2] == character and character in "\"'":
                value.append(character)
                position += 2
                continue
            return "".join(value), position + 1
        else:
            value.append(character)
            position += 1
    return None, position


_BARE = re.compile(r"[^\s,;=(){}@][^\s,;=(){}]*")
_EQUALS = re.compile(r"\s*=")


def _group(text: str, position: int) -> tuple[list[str] | None, int]:
    """Return the texts of ``@{add="a","b"}`` or ``@("a","b")``; a verb is kept as ``add=``."""
    depth, values = 0, []
    while position < len(text):
        character = text[position]
        if character in DOUBLE or character in SINGLE:
            value, position = _quoted(text, position)
            if value is None:
                break
            if value:
                values.append(value)
        elif character in ")}":
            depth, position = depth - 1, position + 1
            if depth <= 0:
                return values, position
        elif bare := _BARE.match(text, position):
            position = bare.end()
            if verb := _EQUALS.match(text, position):
                position = verb.end()
            values.append(f"{bare.group().lower()}=" if verb else bare.group())
        else:
            depth += character in "({"
            position += 1
    return None, position
