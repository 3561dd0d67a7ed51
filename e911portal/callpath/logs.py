"""Logging of the call path: one line per event, ``key=value`` pairs, no personal data.

Lines say which call (``call_ref``), which policy and how many trunks, never who called or from
where; that is in the events, which go to the portal and its access rules.  The lines pass a bounded
queue: a full disk or a stuck pipe behind standard error costs log lines, not answers.
"""

import atexit
import contextlib
import logging
import logging.handlers
import queue
import sys
from datetime import UTC, datetime

#: Lines that may wait for a slow reader of standard error before further ones are dropped.
WAITING_LINES = 10_000
#: Attributes given by ``extra={"fields": …}``.
FIELDS = "fields"
#: What writes the lines of this process, once configured.
_listeners: list[logging.handlers.QueueListener] = []


class _Line(logging.Formatter):
    """``2026-11-21T10:30:00.123Z info e911portal.callpath routed call_ref=… targets=2``."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = {**getattr(record, FIELDS, {}), "pid": record.process}
        if record.exc_info:
            # One line: the type and place of a failure. Its text may quote what somebody sent.
            fields |= _failure(record.exc_info[1])
        pairs = " ".join(f"{name}={_quoted(value)}" for name, value in fields.items())
        message = record.getMessage().replace("\n", " ")
        stamp = moment.replace("+00:00", "Z")
        return f"{stamp} {record.levelname.lower()} {record.name} {message} {pairs}"


class _BoundedHandler(logging.handlers.QueueHandler):
    def enqueue(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(queue.Full):
            self.queue.put_nowait(record)

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record  # same process: no need to flatten the exception into a traceback


def configure(level: str = "info") -> None:
    """Route all logging of this process through the queue, once; at exit what waits is written."""
    if _listeners:
        return
    root = logging.getLogger()
    writer = logging.StreamHandler(sys.stderr)
    writer.setFormatter(_Line())
    lines: queue.Queue[logging.LogRecord] = queue.Queue(WAITING_LINES)
    root.handlers = [_BoundedHandler(lines)]
    root.setLevel(level.upper())
    _listeners.append(logging.handlers.QueueListener(lines, writer))
    _listeners[0].start()
    atexit.register(_listeners[0].stop)


def flush() -> None:
    """Write the lines that wait.  A worker process ends by a signal, which runs nothing at exit."""
    for listener in _listeners:
        listener.stop()
        listener.start()


def _failure(error: BaseException | None) -> dict[str, str]:
    if error is None:
        return {}
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown"
    return {"error": type(error).__name__, "at": place}


def _quoted(value: object) -> str:
    text = str(value)
    if text.isprintable() and text and not set(text) & set(' "='):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    # A terminal obeys what it is shown: what is no letter is written as its number.
    return f'"{"".join(map(_shown, " ".join(escaped.split())))}"'


def _shown(character: str) -> str:
    return character if character.isprintable() else f"\\u{ord(character):04x}"
