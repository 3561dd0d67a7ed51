"""The text files of an edge: ``local.cfg`` and what it names.  The rules are in deploy/kamailio."""

import json
from collections.abc import Iterable
from ipaddress import ip_network

from routing.domain.selection import Transport
from routing.domain.table import RoutingTable
from routing.edge.dialled import dial_strings, expression
from routing.edge.fallback import last_resort
from routing.edge.settings import EdgeSettings

#: How long an emergency call waits for the call path, whatever its nodes do.
LOOKUP_DEADLINE_MS = 2500
#: How long a trunk that said “100 Trying” may stay without ringing (Lync's fast failover).
PROGRESS_MS = 10000
_CALLERS, _REGISTRARS = 1, 2


def render(table: RoutingTable, settings: EdgeSettings) -> dict[str, str]:
    """Return the text files by name; ``fallback.sqlite`` is ``edge.fallback``'s."""
    with_tls = uses_tls(table, settings)
    files = {
        "local.cfg": local_cfg(table, settings),
        "httpcon.cfg": httpcon_cfg(settings.callpath_urls),
        "dispatcher.list": dispatcher_list(table),
        "networks.list": networks_list(settings),
    }
    if with_tls:
        files["tls.cfg"] = tls_cfg(settings)
    return files


def uses_tls(table: RoutingTable, settings: EdgeSettings) -> bool:
    """Return whether the edge listens for TLS: it has a certificate, or a trunk that wants TLS."""
    wanted = any(trunk.transport is Transport.TLS for trunk in table.trunks.values())
    return wanted or bool(settings.tls_certificate)


def local_cfg(table: RoutingTable, settings: EdgeSettings) -> str:
    """Return this site's values for ``kamailio.cfg``."""
    name, port = settings.name, settings.port
    directory = settings.directory
    static = [
        {"id": uri, "uri": _with_user(uri), "dst": uri, "send_pidf": 0, "takes_pidf": 0}
        for uri in settings.last_resort
    ]
    trunks = [*last_resort(table), *static]
    defines = {
        "EMERGENCY_RE": _quoted(expression(dial_strings(table))),
        # Single quotes: Kamailio reads no escapes in them, JSON has its own.
        "LAST_RESORT": "'" + json.dumps(trunks).replace("'", "\\u0027") + "'",
        "LOOKUP_DEADLINE_MS": _quoted(str(LOOKUP_DEADLINE_MS)),
        "PROGRESS_MS": str(PROGRESS_MS),
        "PING_INTERVAL": str(settings.probe_seconds),
        "FALLBACK_DB": _quoted(f"sqlite:///{directory / 'fallback.sqlite'}"),
        "DIALOG_DB": _quoted(f"sqlite:///{directory / 'dialogs.sqlite'}"),
        "SQL_DIALOGS": _quoted(f"dialogs=>sqlite:///{directory / 'dialogs.sqlite'}"),
        "HTTPCON": _quoted(str(directory / "httpcon.cfg")),
        "DISPATCHER": _quoted(str(directory / "dispatcher.list")),
        "NETWORKS": _quoted(str(directory / "networks.list")),
        "EDGE_URI": _quoted(f"sip:e911@{name}:{port}"),
        "EDGE_SOCKET": _quoted(f"udp:{name}:{port}"),
        "RPC_PORT": str(settings.rpc_port),
    }
    rpc = settings.rpc_url.removeprefix("http://").removesuffix("/RPC")
    listen = [
        f'listen=udp:{name}:{port} name "u1"',
        f'listen=tcp:{name}:{port} name "t1"',
        f'listen=tcp:{rpc} name "rpc"',
    ]
    if settings.proxy:
        defines["SIP_PROXY"] = _quoted(settings.proxy)
    if uses_tls(table, settings):
        defines |= {"WITH_TLS": "1", "TLS_CONFIG": _quoted(str(directory / "tls.cfg"))}
        listen += ["enable_tls=yes", f'listen=tls:{name}:{settings.tls_port} name "s1"']
    lines = ["# Written by `manage.py sip_edge`. Edits are lost at the next publication."]
    lines += [f"#!define {key} {value}" for key, value in defines.items()]
    return "\n".join([*lines, *listen, ""])


def httpcon_cfg(urls: Iterable[str]) -> str:
    """Return the nodes of the call path; each is asked when the one before it fails."""
    names = [f"callpath{number or ''}" for number, _ in enumerate(urls)]
    sections = []
    for url, name, following in zip(urls, names, [*names[1:], ""], strict=True):
        lines = [f"[{name}]", f"url = {url}", "timeout = 2", "keepconnections = 1"]
        sections.append("\n".join([*lines, *([f"failover = {following}"] if following else [])]))
    return "\n\n".join([*sections, ""])


def dispatcher_list(table: RoutingTable) -> str:
    """Return every trunk for the prober; the text equals ``dst`` of a decision."""
    hops = dict.fromkeys(trunk.dst for trunk in table.trunks.values())
    return "".join(f"1 {hop} 0 0\n" for hop in hops)


def networks_list(settings: EdgeSettings) -> str:
    """Return who may call (group 1) and who may register (group 2)."""
    lines = ["# group address mask port tag"]
    for group, cidrs in ((_CALLERS, settings.callers), (_REGISTRARS, settings.registrars)):
        for network in map(ip_network, cidrs):
            lines.append(f"{group} {network.network_address} {network.prefixlen} 0 sip")
    return "\n".join([*lines, ""])


def tls_cfg(settings: EdgeSettings) -> str:
    """Return the TLS profiles: trunks must show a certificate that the CA list vouches for."""
    own = [
        f"certificate = {settings.tls_certificate}",
        f"private_key = {settings.tls_key}",
    ]
    own = own if settings.tls_certificate else []
    server = ["[server:default]", "method = TLSv1.2+", "verify_certificate = no", *own]
    client = ["[client:default]", "method = TLSv1.2+", "verify_certificate = yes"]
    client += ["require_certificate = yes", f"ca_list = {settings.tls_ca}", *own]
    return "\n".join([*server, "", *client, ""])


def _with_user(uri: str) -> str:
    return uri if "@" in uri else uri.replace("sip:", "sip:911@", 1)


def _quoted(text: str) -> str:
    return f'"{text}"'
