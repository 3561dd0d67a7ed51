"""What the plan says of the draft of a test."""

from e911portal import publishing
from locations.models import ERL

NOWHERE = "no location"
SITE = "Network site of an element"


def move(model, to):
    model.objects.update(erl=ERL.objects.get(name=to) if to else None)


def changes():
    return {
        (entry.kind, row.label): (str(row.effect), row.before, row.after)
        for entry in publishing.plan().changes
        for row in entry.rows
    }
