"""One line per event, and nothing of what people sent."""

import logging
import subprocess
import sys

from e911portal.callpath.logs import _Line


def line(message: str, **options: object) -> str:
    record = logging.LogRecord("callpath", logging.INFO, "f.py", 1, message, (), None)
    record.__dict__.update(options)
    record.created, record.process = 1795257000.5, 7
    return _Line().format(record)


def test_line_is_key_value_and_one_line() -> None:
    fields = {"call_ref": "r1", "policy": 'New "York"', "empty": "", "why": "a\nb"}

    written = line("routed\nnow", fields=fields)

    assert written == (
        "2026-11-21T10:30:00.500Z info callpath routed now "
        'call_ref=r1 policy="New \\"York\\"" empty="" why="a b" pid=7'
    )


def test_value_cannot_move_the_cursor_of_who_reads_it() -> None:
    written = line("routed", fields={"call_ref": "r\x1b[2J\u202e1", "why": "\x07a b\u2028c"})

    assert 'call_ref="r\\u001b[2J\\u202e1" why="\\u0007a b c"' in written
    assert written.isprintable()


def test_exception_is_told_by_type_and_place_only() -> None:
    try:
        raise ValueError("sip:anna.rossi@unplugthepbx.com")
    except ValueError:
        written = line("fault", exc_info=sys.exc_info())

    assert "anna" not in written
    assert "error=ValueError at=" in written
    assert len(written.splitlines()) == 1


def test_lines_that_wait_are_written_at_the_end() -> None:
    program = (
        "import logging; from e911portal.callpath import logs; logs.configure('warning')\n"
        "logs.configure(); log = logging.getLogger('x')\n"
        "for n in range(100): log.warning('line %s', n)\nlog.info('not this one')"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    written = [
        part.partition(" warning x ")[2].partition(" pid=")[0] for part in ended.stderr.splitlines()
    ]
    assert written == [f"line {number}" for number in range(100)]
