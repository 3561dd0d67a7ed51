"""URLs of the routing pages, under ``/routing/``."""

from routing.views import calls, numbers, policy, voice

app_name = "routing"
urlpatterns = [
    *policy.LocationPolicies.urls(),
    *policy.SitePolicies.urls(),
    *voice.Usages.urls(),
    *voice.Routes.urls(),
    *voice.Trunks.urls(),
    *voice.VoicePolicies.urls(),
    *voice.Users.urls(),
    *numbers.Rules.urls(),
    *numbers.Orbits.urls(),
    *numbers.ELINs.urls(),
    *calls.Calls.urls(),
]
