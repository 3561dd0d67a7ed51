"""Policies and routes as Lync and Teams are told them."""

from collections.abc import Callable, Iterator

import pytest

from e911portal.core.findings import Finding
from locations.models import NetworkSite
from routing.exporters import lync_powershell, teams_powershell
from routing.models import LocationPolicy
from tests import factories

pytestmark = pytest.mark.django_db

Lines = Callable[[list[Finding]], Iterator[str]]


def script(lines: Lines, findings: list[Finding] | None = None) -> list[str]:
    """Return the lines of a script."""
    return "".join(lines([] if findings is None else findings)).splitlines()


def codes(lines: Lines) -> list[tuple[str, str]]:
    """Return code and subject of each finding."""
    found: list[Finding] = []
    script(lines, found)
    return sorted((entry.code, entry.subject.label if entry.subject else "") for entry in found)


@pytest.fixture
def site(ny1: NetworkSite) -> NetworkSite:
    """The guide's New York: usage, trunk, route and policy of a site."""
    usage = factories.make_usage(name="E911 (NY)")
    trunk = factories.make_trunk(name="provider", kind="provider", host="e911.example.net")
    factories.make_route(
        name="E911(NY)", usages=[usage], trunks=[trunk], suppress_caller_id=True,
        alternate_caller_id="+12125550199", priority=1,
    )  # fmt: skip
    policy = factories.make_location_policy(
        name="New York",
        numbers={"911": ["9911"]},
        location_required="disclaimer",
        disclaimer="Say where you are.",
        pstn_usage=usage,
        notification_uris=["sip:a@example.com", "sip:b@example.com"],
        conference_uri="sip:+12125550199@example.com;user=phone",
    )
    factories.make_site_policy(site=ny1, location_policy=policy)
    factories.make_voice_policy(name="Office", usages=[usage])
    return ny1


@pytest.mark.usefixtures("site")
def test_lync_is_told_in_the_order_of_dependence() -> None:
    assert script(lync_powershell.lines) == [
        "Set-CsPstnUsage -Identity global -Usage @{add='E911 (NY)'}",
        "New-CsTrunkConfiguration -Identity 'Service:PstnGateway:e911.example.net' "
        "-EnablePIDFLOSupport $true",
        r"New-CsVoiceRoute -Name 'E911(NY)' -NumberPattern '^\+911$' "
        "-PstnUsages @{add='E911 (NY)'} -PstnGatewayList @{add='PstnGateway:e911.example.net'} "
        "-Priority 1 -SuppressCallerId $true -AlternateCallerId '+12125550199'",
        "New-CsLocationPolicy -Identity 'New York' -EnhancedEmergencyServicesEnabled $true "
        "-LocationRequired 'disclaimer' -EnhancedEmergencyServiceDisclaimer 'Say where you are.' "
        "-UseLocationForE911Only $true -PstnUsage 'E911 (NY)' -EmergencyDialString '911' "
        "-EmergencyDialMask '9911' -NotificationUri 'sip:a@example.com,sip:b@example.com' "
        "-ConferenceUri 'sip:+12125550199@example.com;user=phone' -ConferenceMode 'twoway' "
        "-LocationRefreshInterval 4",
        "Set-CsNetworkSite -Identity 'NY1' -LocationPolicy 'New York'",
        "New-CsVoicePolicy -Identity 'Office' -PstnUsages @{add='E911 (NY)'}",
    ]


@pytest.mark.usefixtures("site")
def test_teams_has_two_policies_for_one() -> None:
    assert script(teams_powershell.lines) == [
        "Set-CsOnlinePstnUsage -Identity Global -Usage @{add='E911 (NY)'}",
        r"New-CsOnlineVoiceRoute -Identity 'E911(NY)' -NumberPattern '^\+911$' "
        "-OnlinePstnUsages 'E911 (NY)' -OnlinePstnGatewayList 'e911.example.net' -Priority 1",
        "New-CsTeamsEmergencyCallRoutingPolicy -Identity 'New York' "
        "-AllowEnhancedEmergencyServices $true -EmergencyNumbers @{add=(New-CsTeamsEmergencyNumber "
        "-EmergencyDialString '911' -EmergencyDialMask '9911' -OnlinePSTNUsage 'E911 (NY)')}",
        "New-CsTeamsEmergencyCallingPolicy -Identity 'New York' "
        "-NotificationGroup 'a@example.com;b@example.com' "
        "-NotificationDialOutNumber '+12125550199' "
        "-NotificationMode 'ConferenceUnMuted' "
        "-EnhancedEmergencyServiceDisclaimer 'Say where you are.'",
        "Set-CsTenantNetworkSite -Identity 'NY1' -EmergencyCallingPolicy 'New York' "
        "-EmergencyCallRoutingPolicy 'New York'",
        "New-CsOnlineVoiceRoutingPolicy -Identity 'Office' -OnlinePstnUsages 'E911 (NY)'",
    ]


@pytest.mark.parametrize(
    ("lines", "verb"),
    [(lync_powershell.lines, "Set-CsLocationPolicy"),
     (teams_powershell.lines, "Set-CsTeamsEmergencyCallRoutingPolicy")],
    ids=["lync", "teams"],
)  # fmt: skip
def test_global_policy_is_set_and_not_made(lines: Lines, verb: str) -> None:
    factories.make_location_policy(name="Everybody", scope=LocationPolicy.Scope.GLOBAL)

    (line,) = [line for line in script(lines) if line.startswith(verb)]

    assert line.startswith(f"{verb} -Identity 'Global' ")


def test_global_voice_policy_is_set_and_not_made() -> None:
    factories.make_voice_policy(name="global", usages=[factories.make_usage(name="Local")])

    assert script(lync_powershell.lines)[-1] == (
        "Set-CsVoicePolicy -Identity 'Global' -PstnUsages @{replace='Local'}"
    )


@pytest.mark.usefixtures("site")
def test_lync_findings() -> None:
    factories.make_trunk(name="second", host="e911.example.net")
    factories.make_location_policy(
        name="many",
        numbers={"911": [], "933": []},
        notification_uris=[f"sip:desk-{number}@example.com" for number in range(20)],
    )

    assert codes(lync_powershell.lines) == [
        ("LYN020", "provider"), ("LYN020", "second"), ("LYN021", "many"), ("LYN022", "many"),
    ]  # fmt: skip


@pytest.mark.usefixtures("site")
def test_teams_findings() -> None:
    factories.make_location_policy(
        name="many",
        notification_uris=[f"sip:desk-{number}@example.com" for number in range(11)],
        conference_uri="sip:desk@example.com",
    )
    LocationPolicy.objects.filter(name="many").update(disclaimer="x" * 351)

    assert codes(teams_powershell.lines) == [
        ("TMS020", "E911(NY)"), ("TMS021", "E911(NY)"), ("TMS022", "many"), ("TMS023", "many"),
        ("TMS024", "many"),
    ]  # fmt: skip
