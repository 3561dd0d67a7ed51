"""XMPP instant messages (RFC 6120, RFC 6121) from an account of the portal, over TLS only.

Each message asks for a delivery receipt (XEP-0184): that is the receiver's own confirmation.
"""

import asyncio
import ssl
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from notifications.transports.message import Message, Receipt, Refused, Undelivered

if TYPE_CHECKING:
    from slixmpp import ClientXMPP

#: Connecting, logging in, sending and waiting; shorter than the lease of the outbox.
DEADLINE_S = 20.0
#: How long a program that shows the message has to confirm it. Many never do.
RECEIPT_S = 4.0
#: By convention TLS from the first byte (XEP-0368); any other port begins in the clear (STARTTLS).
_DIRECT_TLS_PORT = 5223
#: RFC 6120 §8.3.3: there is nobody of that name, now or later.
_PERMANENT = ("gone", "item-not-found", "jid-malformed")


def send(message: Message) -> Receipt:
    """Send the text as a chat message: ``DELIVERED`` with a receipt, ``SENT`` once the account's
    server has it.

    Raises ``Refused`` when a server says that the address is wrong, ``Undelivered`` for everything
    else: no account, no TLS, a wrong password, a server that is away.
    """
    if not settings.XMPP_JID:
        raise Undelivered("The portal has no XMPP account. Set XMPP_JID and XMPP_PASSWORD.")
    return asyncio.run(_send(message))


async def _send(message: Message) -> Receipt:
    session = _Session(_client())
    try:
        async with asyncio.timeout(DEADLINE_S):
            session.client.connect(*_server())
            await session.started
            return await session.deliver(message)
    except TimeoutError as error:
        raise Undelivered(session.trouble or f"no answer within {DEADLINE_S:.0f} s") from error
    finally:
        session.client.cancel_connection_attempt()
        with suppress(TimeoutError):
            await asyncio.wait_for(session.client.disconnect(wait=1.0), 2.0)


def _client() -> "ClientXMPP":
    # Imported here: it takes a third of a second, and most portals send no XMPP.
    from slixmpp import ClientXMPP, InvalidJID

    # Whoever takes TLS out of the server's offer must not be told the password in any form.
    never = {"unencrypted_plain": False, "unencrypted_digest": False, "unencrypted_scram": False}
    try:
        client = ClientXMPP(
            settings.XMPP_JID, settings.XMPP_PASSWORD, plugin_config={"feature_mechanisms": never}
        )
    except InvalidJID as error:
        raise Undelivered(f"XMPP_JID “{settings.XMPP_JID}” is no address: {error}") from error
    client.enable_plaintext = False
    if settings.XMPP_CA:
        client.ca_certs = Path(settings.XMPP_CA)
        if not client.ca_certs.is_file():
            raise Undelivered(f"XMPP_CA names “{settings.XMPP_CA}”, which is no file.")
    if port := _server()[1]:
        client.enable_direct_tls = port == _DIRECT_TLS_PORT
        client.enable_starttls = port != _DIRECT_TLS_PORT
    for plugin in ("xep_0030", "xep_0184", "xep_0199"):
        client.register_plugin(plugin)
    return client


def _server() -> tuple[str | None, int | None]:
    """Return host and port of ``XMPP_SERVER``; of None the SRV records of the account's domain."""
    server = settings.XMPP_SERVER
    if not server:
        return None, None
    host, _, port = server.rpartition(":")
    if not host or not port.isdecimal():
        raise Undelivered(f"XMPP_SERVER “{server}” is no host:port, such as xmpp.example.com:5222.")
    return host.strip("[]"), int(port)


class _Session:
    """One login: what the server and the receiver said."""

    def __init__(self, client: "ClientXMPP") -> None:
        loop = asyncio.get_running_loop()
        self.client = client
        self.started: asyncio.Future[None] = loop.create_future()
        self.receipt: asyncio.Future[Receipt] = loop.create_future()
        self.trouble = ""
        client.add_event_handler("session_start", lambda _: self._settle(None))
        client.add_event_handler("connection_failed", self._failed)
        client.add_event_handler("reconnect_delay", lambda _: self._settle(self.trouble))
        client.add_event_handler("ssl_invalid_chain", self._untrusted)
        client.add_event_handler("failed_all_auth", self._no_login)
        client.add_event_handler("disconnected", self._gone)
        client.add_event_handler("receipt_received", self._received)
        client.add_event_handler("message_error", self._returned)

    async def deliver(self, message: Message) -> Receipt:
        """Send the message over the open session."""
        from slixmpp import InvalidJID
        from slixmpp.exceptions import IqError, IqTimeout

        try:
            stanza = self.client.make_message(
                mto=message.address, msubject=message.subject, mbody=message.text, mtype="chat"
            )
        except InvalidJID as error:
            raise Refused(f"“{message.address}” is not an XMPP address: {error}") from error
        stanza["id"] = message.key
        stanza["request_receipt"] = True
        stanza.send()
        # RFC 6120 §10.1: a server treats what it gets in order; whatever it answers to this, it has
        # taken the message before.
        with suppress(IqError):
            try:
                await self.client.plugin["xep_0199"].send_ping(
                    self.client.boundjid.host, timeout=DEADLINE_S
                )
            except IqTimeout as error:
                raise Undelivered("the server fell silent after the message") from error
        try:
            return await asyncio.wait_for(asyncio.shield(self.receipt), RECEIPT_S)
        except TimeoutError:
            return Receipt.SENT

    def _settle(self, trouble: str | None) -> None:
        if trouble is None and not self.started.done():
            self.started.set_result(None)
        elif not self.started.done():
            self.started.set_exception(Undelivered(trouble or "the connection was closed"))

    def _failed(self, reason: Any) -> None:
        server = settings.XMPP_SERVER or settings.XMPP_JID.partition("@")[2]
        self.trouble = f"XMPP server {server}: {reason or 'no connection'}"

    def _untrusted(self, reason: Any) -> None:
        self._settle(f"The certificate of the XMPP server is not trusted: {reason}. See XMPP_CA.")

    def _no_login(self, _: Any) -> None:
        way = "refused the login" if "starttls" in self.client.features else "offers no TLS"
        self._settle(
            f"The XMPP server {way} of {settings.XMPP_JID}. Check XMPP_PASSWORD and the server."
        )

    def _gone(self, reason: Any) -> None:
        if isinstance(reason, ssl.SSLError):
            self._untrusted(reason)
        self._settle(self.trouble or f"The XMPP server closed the connection: {reason}")
        if not self.receipt.done():
            self.receipt.set_exception(Undelivered("the connection was lost"))
            self.receipt.exception()  # nobody may be waiting for it

    def _received(self, receipt: Any) -> None:
        if not self.receipt.done():
            self.receipt.set_result(Receipt.DELIVERED)

    def _returned(self, stanza: Any) -> None:
        condition = str(stanza["error"]["condition"])
        told = f"{condition}: {stanza['error']['text']}".rstrip(": ")
        kind = Refused if condition in _PERMANENT else Undelivered
        if not self.receipt.done():
            self.receipt.set_exception(kind(told))
