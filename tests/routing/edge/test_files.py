"""The files of an edge, and what is refused before Kamailio sees it."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from routing.domain.selection import Transport, Trunk
from routing.domain.table import RoutingTable
from routing.edge.files import (
    dispatcher_list,
    httpcon_cfg,
    local_cfg,
    networks_list,
    render,
    tls_cfg,
)
from routing.edge.settings import EdgeSettings
from tests.callpath import sample

EDGE = EdgeSettings(Path("/srv/edge"), host="192.0.2.7", port=5070, rpc_port=5072)


def test_addresses_and_paths_are_in_local_cfg() -> None:
    lines = local_cfg(sample.routing_table(), EDGE).splitlines()

    assert 'listen=udp:192.0.2.7:5070 name "u1"' in lines
    assert 'listen=tcp:127.0.0.1:5072 name "rpc"' in lines
    assert '#!define FALLBACK_DB "sqlite:////srv/edge/fallback.sqlite"' in lines
    assert '#!define EMERGENCY_RE "^(911|933|9911|9933)$"' in lines
    assert not any("WITH_TLS" in line for line in lines)


def test_trunk_name_cannot_leave_its_quotes() -> None:
    table = RoutingTable(trunks={"x": Trunk("O'Hare \" ${HOME}", "192.0.2.1")})

    [line] = [x for x in local_cfg(table, EDGE).splitlines() if x.startswith("#!define LAST_RES")]

    assert line.count("'") == 2


def test_static_gateways_come_after_the_published_trunks() -> None:
    edge = replace(EDGE, last_resort=("sip:192.0.2.99:5060;transport=udp",))
    text = local_cfg(sample.routing_table(), edge)

    assert text.index("la-gateway") < text.index("sip:911@192.0.2.99:5060;transport=udp")


def test_nodes_of_the_call_path_follow_each_other() -> None:
    sections = httpcon_cfg(["http://a:8010", "http://b:8010"]).split("\n\n")

    assert sections == [
        "[callpath]\nurl = http://a:8010\ntimeout = 2\nkeepconnections = 1\nfailover = callpath1",
        "[callpath1]\nurl = http://b:8010\ntimeout = 2\nkeepconnections = 1",
        "",
    ]


def test_prober_knows_each_next_hop_once_as_decisions_write_it() -> None:
    trunk = Trunk("a", "2001:db8::1", transport=Transport.TLS, port=5061)
    table = RoutingTable(trunks={"a": trunk, "b": replace(trunk, name="b")})

    assert dispatcher_list(table) == "1 sip:[2001:db8::1]:5061;transport=tls 0 0\n"


def test_networks_are_in_their_groups() -> None:
    edge = replace(EDGE, callers=("10.0.0.0/8",), registrars=("192.0.2.0/24", "::1/128"))

    assert networks_list(edge).splitlines()[1:] == [
        "1 10.0.0.0 8 0 sip", "2 192.0.2.0 24 0 sip", "2 ::1 128 0 sip",
    ]  # fmt: skip


def test_trunk_over_tls_makes_the_edge_listen_for_it() -> None:
    table = RoutingTable(trunks={"a": Trunk("a", "192.0.2.1", transport=Transport.TLS)})

    files = render(table, EDGE)

    assert 'listen=tls:192.0.2.7:5061 name "s1"' in files["local.cfg"]
    assert "verify_certificate = yes" in files["tls.cfg"]
    assert "tls.cfg" not in render(RoutingTable(), EDGE)


def test_own_certificate_is_shown_to_both_sides() -> None:
    edge = replace(EDGE, tls_certificate="/c.pem", tls_key="/k.pem")

    assert tls_cfg(edge).count("certificate = /c.pem") == 2


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"SIP_ADDR": "0.0.0.0:5060"}, "0.0.0.0"),
        ({"SIP_ADDR": "5060"}, "SIP_ADDR"),
        ({"SIP_NETWORKS": "10.0.0.1/8"}, "10.0.0.1/8"),
        ({"SIP_CALLPATH_URLS": "callpath:8010"}, "callpath:8010"),
        ({"SIP_LAST_RESORT": "192.0.2.1"}, "192.0.2.1"),
        ({"SIP_PROXY": "sip:a'b"}, "sip:a'b"),
        ({"SIP_TLS_KEY": "/k.pem"}, "SIP_TLS_CERTIFICATE"),
    ],
)
def test_wrong_setting_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], named: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setitem(os.environ, name, value)

    with pytest.raises(ValueError, match=named.replace(".", r"\.")):
        EdgeSettings.from_environment()
