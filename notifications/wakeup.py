"""Wake-up of other processes over Redis, when the broker is one.

Only a hint that the log has grown: the log itself is read from the database, every fifth of a
second at the latest, so a Redis that is away costs nothing but that.
"""

import asyncio
import logging
import time
from typing import Any

import redis
import redis.asyncio
from django.conf import settings

log = logging.getLogger(__name__)

_TOPIC = "e911portal:desk"
_PAUSE_S = 30.0


class _Publisher:
    """The connection for announcing, made on first use; after an error it rests for a while."""

    def __init__(self) -> None:
        self._client: Any = None
        self._again_at = 0.0

    def announce(self, message_id: int) -> None:
        if time.monotonic() < self._again_at:
            return
        try:
            self._client = self._client or redis.Redis.from_url(
                settings.CELERY_BROKER_URL, socket_timeout=0.2, socket_connect_timeout=0.2
            )
            self._client.publish(_TOPIC, message_id)
        except (redis.RedisError, OSError, ValueError) as error:
            self._again_at = time.monotonic() + _PAUSE_S
            log.warning("Redis did not take the desk's wake-up, the desks poll: %s", error)


_publisher = _Publisher()


def is_available() -> bool:
    """Tell whether the broker is a Redis."""
    return settings.CELERY_BROKER_URL.startswith(("redis://", "rediss://", "unix://"))


def announce(message_id: int) -> None:
    """Hint that the desks' log has grown to ``message_id``; never raises, never waits long."""
    if is_available():
        _publisher.announce(message_id)


async def listen(wake: asyncio.Event) -> None:
    """Set ``wake`` at every hint, until cancelled; reconnects for ever."""
    while True:
        try:
            async with (
                redis.asyncio.Redis.from_url(settings.CELERY_BROKER_URL) as client,
                client.pubsub() as channel,
            ):
                await channel.subscribe(_TOPIC)
                _end_if_cancelled()
                async for message in channel.listen():
                    if message["type"] == "message":
                        wake.set()
        except (redis.RedisError, OSError) as error:
            log.info("no wake-up from Redis, polling: %s", error)
        _end_if_cancelled()
        await asyncio.sleep(2)


def _end_if_cancelled() -> None:
    # While redis-py connects, the cancellation may be swallowed: asyncio.wait_for of Python 3.11
    # does so when what it waits for is done in that moment. The portal would wait for this task.
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError
