"""Lync's cmdlets of voice routing and location policy: what each does to an estate."""

import pytest

from locations.models import NetworkRegion, NetworkSite, Subnet
from routing.models import (
    EmergencyNumber,
    LocationPolicy,
    PSTNUsage,
    SitePolicy,
    Trunk,
    VoicePolicy,
    VoicePolicyUsage,
    VoiceRoute,
)
from tests import factories
from tests.locations.importers.estates import applied, planned, verdicts

pytestmark = pytest.mark.django_db

ROUTE = (
    'New-CsVoiceRoute -Name "E911(NY)" -NumberPattern "^\\+911$" -PstnUsages @{add="E911 (NY)"} '
    '-PstnGatewayList @{add="PstnGateway:sbc.example.com","PstnGateway:co1-gw"} '
    "-SuppressCallerId $true -AlternateCallerId +12125550100 -Priority 3"
)
POLICY = (
    'New-CsLocationPolicy -Identity "tag:NY" -EnhancedEmergencyServicesEnabled $true '
    '-LocationRequired yes -PstnUsage "E911 (NY)" -EmergencyDialString 911 '
    '-EmergencyDialMask "9911;112" -NotificationUri "sip:a@example.com,sip:b@example.com" '
    '-ConferenceUri "sip:+12125550199@example.com" -ConferenceMode oneway '
    "-LocationRefreshInterval 2"
)


def test_usages_are_added_once(db: None) -> None:
    factories.make_usage(name="Local")

    plan = planned('Set-CsPstnUsage -Usage @{add="E911 (NY)","Local"}', name="x.ps1")

    assert verdicts(plan) == ["add", "unchanged"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('Set-CsPstnUsage -Usage @{remove="Local"}', "PSTN usages are not removed by an import."),
        ("Set-CsPstnUsage", "No usage is named."),
        (ROUTE, "There is no PSTN usage “E911 (NY)”."),
        ("New-CsVoiceRoute -Name x -SuppressCallerId $true",
         "A suppressed caller id needs an alternate caller id, else nobody can call back."),
        ('New-CsLocationPolicy -Identity "site:Redmond"',
         "“site:Redmond” is a policy of a topology site, which pins travelling users to it."),
        ("New-CsLocationPolicy -Identity x -EmergencyDialString 911 -EmergencyDialMask 911",
         "911 is given twice."),
        ("New-CsLocationPolicy -Identity x -LocationRefreshInterval 13",
         "Ensure this value is less than or equal to 12."),
        ("New-CsLocationPolicy -Identity x -LocationRequired disclaimer",
         "Write the text that is shown when the prompt is dismissed."),
        ("Set-CsTrunkConfiguration -Identity PstnGateway:gone -EnablePIDFLOSupport $true",
         "There is no trunk to gone."),
        ("Set-CsTrunkConfiguration -Identity site:Redmond -EnablePIDFLOSupport $true",
         "“site:Redmond” are the trunks of a topology site."),
        ("New-CsVoicePolicy -Identity site:Redmond",
         "“site:Redmond” is a policy of a topology site."),
        ('Set-CsVoicePolicy -Identity Office -PstnUsages @{remove="Local"}',
         "PSTN usages are not removed one by one."),
        ('New-CsVoicePolicy -Identity Office -PstnUsages "gone"', "There is no PSTN usage “gone”."),
        ("Set-CsLocationPolicy -Identity x -EmergencyNumbers "
         "@{add=(New-CsEmergencyNumber -DialString 933)}",
         "Emergency numbers are read as a whole list of New-CsEmergencyNumber only."),
        ("New-CsLocationPolicy -Identity x -EmergencyNumbers @{replace=$numbers}",
         "Emergency numbers are read as a whole list of New-CsEmergencyNumber only."),
        ("Set-CsEnhancedEmergencyServiceDisclaimer -Identity Global -Body x",
         "There is no global location policy that could carry the disclaimer."),
        ("Remove-CsLisPort -ChassisID x -PortID y", "Remove-CsLisPort is not imported."),
        ("Invoke-Something", "Invoke-Something is not a cmdlet that this import knows."),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_says_why(db: None, line: str, message: str) -> None:
    row = planned(line, name="x.ps1").problems[0]

    assert (row.line, row.message) == (1, message)


def test_route_is_made_with_its_gateways_as_trunks(db: None) -> None:
    provider = factories.make_trunk(name="provider", kind="provider", host="sbc.example.com")

    applied('Set-CsPstnUsage -Usage @{add="E911 (NY)"}\n' + ROUTE, name="x.ps1")

    route = VoiceRoute.objects.get()
    assert (route.name, route.number_pattern, route.priority) == ("E911(NY)", r"^\+911$", 3)
    assert (route.suppress_caller_id, route.alternate_caller_id) == (True, "+12125550100")
    assert [str(use.usage) for use in route.route_usages.all()] == ["E911 (NY)"]
    trunks = [use.trunk for use in route.route_trunks.order_by("position")]
    assert trunks == [provider, Trunk.objects.get(name="co1-gw")]
    assert trunks[1].kind == "gateway"


def test_policy_is_made_and_given_to_the_site_in_any_order(db: None) -> None:
    script = "\n".join(
        (
            "New-CsNetworkSubnet –SubnetID “10.1.1.0” –Maskbits “24” –NetworkSiteID “NY1”",
            "New-CsNetworkSite –SiteID “NY1” –NetworkRegionID “East” -LocationPolicy “NY”",
            POLICY,
            'Set-CsPstnUsage -Usage @{add="E911 (NY)"}',
            "New-CsNetworkRegion -Identity East -CentralSite HQ",
        )
    )

    applied(script, name="x.ps1")

    policy = LocationPolicy.objects.get()
    assert (policy.name, policy.scope, policy.pstn_usage) == (
        "NY",
        "tagged",
        PSTNUsage.objects.get(),
    )
    assert (policy.enhanced_emergency_services_enabled, policy.location_required) == (True, "yes")
    assert policy.notification_uris == ["sip:a@example.com", "sip:b@example.com"]
    assert (policy.conference_mode, policy.location_refresh_interval_hours) == ("oneway", 2)
    number = EmergencyNumber.objects.get()
    assert (number.dial_string, number.masks) == ("911", ["9911", "112"])
    site = NetworkSite.objects.get()
    assert (SitePolicy.objects.get().site, SitePolicy.objects.get().location_policy) == (
        site,
        policy,
    )
    assert (site.region, Subnet.objects.get().site) == (NetworkRegion.objects.get(), site)
    assert planned(script, name="x.ps1").operations == []


def test_new_policy_has_the_defaults_of_lync(db: None) -> None:
    applied("New-CsLocationPolicy -Identity Global", name="x.ps1")

    policy = LocationPolicy.objects.get()
    assert (policy.scope, policy.enhanced_emergency_services_enabled) == ("global", False)


def test_set_changes_only_what_it_names(db: None) -> None:
    policy = factories.make_location_policy(name="NY", numbers={"911": ["9911"]}, disclaimer="x")

    applied("Set-CsLocationPolicy -Identity NY -LocationRequired disclaimer", name="x.ps1")

    policy.refresh_from_db()
    assert (policy.location_required, policy.disclaimer) == ("disclaimer", "x")
    assert policy.enhanced_emergency_services_enabled is True
    assert policy.emergency_numbers.get().masks == ["9911"]


@pytest.mark.parametrize(
    ("line", "notices", "right"),
    [
        ("New-CSEnhancedEmergencyServiceDisclaimer –Identity Global –Body “Use your cell phone”",
         1, "Read as Set-CsEnhancedEmergencyServiceDisclaimer."),
        ("Set-TrunkConfiguration –Identity sbc.example.com –EnablePIDIFLOSupport $True",
         2, "Read as Set-CsTrunkConfiguration."),
        ("Set-CsLisProvider –ServiceProviderName “911 Enable” –CertFileName “C:\\x.pfx”",
         1, "Add the E9-1-1 service provider on its page."),
        ("New-CsNetworkSite –SiteID “NY1”", 1, "Read as -NetworkSiteID."),
    ],
)  # fmt: skip
def test_misspelt_cmdlets_of_the_guide_are_understood(
    ny1: NetworkSite, line: str, notices: int, right: str
) -> None:
    factories.make_location_policy(name="Everybody", scope="global")
    factories.make_trunk(name="gw", host="sbc.example.com")

    plan = planned(line, name="x.ps1")

    infos = [row for row in plan.rows if row.verdict.value == "info"]
    assert (plan.problems, len(infos), infos[0].remedy) == ([], notices, right)
    assert [finding.code for row in infos if (finding := row.finding())] == ["IMP003"] * notices


def test_disclaimer_goes_to_the_global_policy(db: None) -> None:
    policy = factories.make_location_policy(name="Everybody", scope="global")

    applied(
        "Set-CsEnhancedEmergencyServiceDisclaimer -Identity Global -Body “Use it”", name="x.ps1"
    )

    policy.refresh_from_db()
    assert policy.disclaimer == "Use it"


def test_trunk_is_told_to_send_pidf_lo(db: None) -> None:
    trunk = factories.make_trunk(name="gw", host="sbc.example.com")

    applied(
        "Set-CsTrunkConfiguration -Identity PstnGateway:sbc.example.com -EnablePIDFLOSupport $true",
        name="x.ps1",
    )

    trunk.refresh_from_db()
    assert trunk.send_pidf_lo is True


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('New-CsVoicePolicy -Identity Office -PstnUsages "C","A"', ["C", "A"]),
        ("New-CsVoicePolicy -Identity tag:Office -PstnUsages @{add='B'}", ["B"]),
        ("Set-CsVoicePolicy -Identity Office -PstnUsages @{add='A','C'}", ["B", "A", "C"]),
        ("Set-CsVoicePolicy -Identity Office -PstnUsages @{replace='A','B'}", ["A", "B"]),
        ("Set-CsVoicePolicy -Identity Office -PstnUsages $null", []),
        ("Set-CsVoicePolicy -Identity Office -Description x", ["B", "A"]),
    ],
    ids=["list", "new adds", "set adds", "replaces", "clears", "keeps"],
)
def test_voice_policy_has_its_usages_in_order(db: None, line: str, expected: list[str]) -> None:
    usages = {name: factories.make_usage(name=name) for name in "ABC"}
    factories.make_voice_policy(name="Office", usages=[usages["B"], usages["A"]])

    applied(line, name="x.ps1")

    uses = VoicePolicyUsage.objects.order_by("position").values_list("usage__name", flat=True)
    assert (VoicePolicy.objects.get().name, list(uses)) == ("Office", expected)


def test_global_voice_policy_is_taken_with_a_notice(db: None) -> None:
    plan = planned("Set-CsVoicePolicy -Identity Global -Description x", name="x.ps1")

    assert verdicts(plan) == ["info", "add"]


def test_global_setting_is_for_the_trunks_that_have_none(db: None) -> None:
    factories.make_trunk(name="told", host="told.example.com", send_pidf_lo=False)
    factories.make_trunk(name="other", host="other.example.com")
    script = "\n".join(
        (
            "Set-CsTrunkConfiguration -Identity Global -EnablePIDFLOSupport $true",
            "New-CsTrunkConfiguration -Identity Service:PstnGateway:new.example.com "
            "-EnablePIDFLOSupport $false",
        )
    )

    applied(script, name="x.ps1")

    assert dict(Trunk.objects.values_list("name", "send_pidf_lo")) == {
        "told": False, "other": True, "new.example.com": False,
    }  # fmt: skip
    again = planned(script, name="x.ps1")
    assert [(row.verdict.value, row.message) for row in again.rows] == [
        ("info", "Every trunk has its own setting, which goes before the global one."),
        ("unchanged", ""),
    ]


def test_several_emergency_numbers_are_read_from_their_commands(db: None) -> None:
    applied(
        "New-CsLocationPolicy -Identity NY -EmergencyDialString 911 -EmergencyNumbers "
        "@{add=(New-CsEmergencyNumber -DialString '911' -DialMask '9911;112'),"
        "(New-CsEmergencyNumber -DialString 933)}",
        name="x.ps1",
    )

    assert dict(EmergencyNumber.objects.values_list("dial_string", "masks")) == {
        "911": ["9911", "112"], "933": [],
    }  # fmt: skip
