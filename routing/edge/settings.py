"""How one SIP edge is set up: the addresses, networks and certificates of its machine."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from e911portal import environment

#: Private networks and this machine: where PBXs and phones of an organisation are.
CALLERS = "127.0.0.0/8 ::1/128 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7"
LOOPBACK = "127.0.0.0/8 ::1/128"
#: Where Debian keeps the certificate authorities that it trusts.
CA_LIST = "/etc/ssl/certs/ca-certificates.crt"
RPC_ADDR_DEFAULT = "127.0.0.1:5062"


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """The values of one edge; ``directory`` is where its files are written."""

    directory: Path
    host: str = "127.0.0.1"
    port: int = 5060
    rpc_host: str = "127.0.0.1"
    rpc_port: int = 5062
    callpath_urls: tuple[str, ...] = ("http://127.0.0.1:8010",)
    callers: tuple[str, ...] = tuple(CALLERS.split())
    registrars: tuple[str, ...] = tuple(LOOPBACK.split())
    proxy: str = ""
    last_resort: tuple[str, ...] = ()
    probe_seconds: int = 5
    tls_port: int = 5061
    tls_certificate: str = ""
    tls_key: str = ""
    tls_ca: str = CA_LIST

    @property
    def name(self) -> str:
        """The address as it stands in a URI; an IPv6 address gets its brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def rpc_url(self) -> str:
        """Where Kamailio takes JSON-RPC."""
        host = f"[{self.rpc_host}]" if ":" in self.rpc_host else self.rpc_host
        return f"http://{host}:{self.rpc_port}/RPC"

    @classmethod
    def from_environment(cls) -> "EdgeSettings":
        """Read the variables of docs/configuration.md.

        Raises ``ValueError`` that names the value and what was expected.
        """
        host, port = environment.address("SIP_ADDR", environment.SIP_ADDR_DEFAULT)
        rpc_host, rpc_port = environment.address("SIP_RPC_ADDR", RPC_ADDR_DEFAULT)
        urls = environment.words("SIP_CALLPATH_URLS") or [_local_call_path()]
        settings = cls(
            directory=environment.state_dir() / "kamailio",
            host=host,
            port=port,
            rpc_host=rpc_host,
            rpc_port=rpc_port,
            callpath_urls=tuple(url.rstrip("/") for url in urls),
            callers=tuple(environment.networks("SIP_NETWORKS", CALLERS)),
            registrars=tuple(environment.networks("SIP_REGISTER_NETWORKS", LOOPBACK)),
            proxy=environment.text("SIP_PROXY"),
            last_resort=tuple(environment.words("SIP_LAST_RESORT")),
            probe_seconds=environment.number("SIP_PROBE_SECONDS", 5),
            tls_port=environment.number("SIP_TLS_PORT", 5061, least=1, most=65535),
            tls_certificate=environment.text("SIP_TLS_CERTIFICATE"),
            tls_key=environment.text("SIP_TLS_KEY"),
            tls_ca=environment.text("SIP_TLS_CA", CA_LIST),
        )
        settings.check()
        return settings

    def check(self) -> None:
        """Raise ``ValueError`` for what Kamailio could not start with, or would misunderstand."""
        if ip_address(self.host).is_unspecified:
            raise ValueError(
                f"SIP_ADDR is {self.host}. Name the address of one interface: it is written into "
                "Via and Record-Route, where trunks and phones must be able to reach it."
            )
        ip_address(self.rpc_host)
        for url in self.callpath_urls:
            if urlsplit(url).scheme not in ("http", "https"):
                raise ValueError(
                    f"SIP_CALLPATH_URLS has “{url}”. Write for example http://host:8010."
                )
        for uri in (*self.last_resort, *filter(None, [self.proxy])):
            if not uri.startswith("sip:") or set(uri) & set("'\"<>|"):
                raise ValueError(f"“{uri}” is no SIP URI. Write sip:192.0.2.1:5060;transport=udp.")
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError(
                "SIP_TLS_CERTIFICATE and SIP_TLS_KEY are given together or not at all."
            )


def _local_call_path() -> str:
    host, port = environment.address("CALLPATH_ADDR", environment.CALLPATH_ADDR_DEFAULT)
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"
