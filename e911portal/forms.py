"""Forms of the pages that span the apps: import, export, publication."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from e911portal import exporting, importing, jobfiles
from e911portal.core.models import PublicationSchedule
from e911portal.core.rowforms import limit_choices
from e911portal.core.widgets import dress
from locations.importers.sources import MAX_BYTES
from locations.models import NetworkSite

MAX_FILES = 20
#: Django refuses a form whose text is larger than 2.5 MB before any view sees it.
MAX_PASTED = 1_000_000


class DressedForm(forms.Form):
    """A form whose controls look like all others."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress(field)


class FilesInput(forms.ClearableFileInput):
    """A control that takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; gives (name, content) of each."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[importing.File]:
        uploads = [upload for upload in data or [] if upload]
        if len(uploads) > MAX_FILES:
            raise ValidationError(f"Choose up to {MAX_FILES} files at a time.")
        if sum(upload.size for upload in uploads) > MAX_BYTES:
            limit = MAX_BYTES // 1024**2
            raise ValidationError(f"Together they are larger than {limit} MB. Split them.")
        return [
            (super(FilesField, self).clean(upload, initial).name, upload.read())
            for upload in uploads
        ]


class ImportForm(DressedForm):
    """What to import, and how to read it."""

    files = FilesField(
        required=False,
        label="Files",
        help_text="CSV, XLSX or PowerShell. Files given together may complete each other.",
    )
    text = forms.CharField(
        required=False,
        label="Or paste",
        max_length=MAX_PASTED,
        widget=forms.Textarea(attrs={"spellcheck": "false", "class": "font-monospace"}),
        help_text="PowerShell or CSV, as it stands: typographic dashes and quotes are read.",
    )
    dialect = forms.ChoiceField(
        required=False,
        label="Written by",
        choices=[("", "Find out from the content"), *importing.DIALECTS.items()],
    )
    site = forms.ModelChoiceField(
        required=False,
        label="Site of new elements",
        queryset=NetworkSite.objects.order_by("name"),
        empty_label="Named in the file",
        help_text="For files that do not say where a switch, access point or subnet stands.",
    )
    mask = forms.IntegerField(
        required=False,
        label="Prefix length",
        min_value=1,
        max_value=128,
        help_text="Of network ids without one, for example 24.",
    )
    delete_missing = forms.BooleanField(
        required=False,
        label="Delete what is missing instead",
        help_text="Plans only deletions: the rows that our own CSV or XLSX has no more.",
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        site = self.fields["site"]
        site.queryset = site.queryset.editable_by(user)
        limit_choices(site, user)
        self.fields["text"].widget.attrs["rows"] = 8

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not values.get("files") and not values.get("text") and not self.errors:
            raise ValidationError("Choose a file, or paste its text.")
        return values

    def sources(self) -> list[importing.File]:
        """Return the files, and the pasted text as one more."""
        pasted = self.cleaned_data["text"]
        more = [(jobfiles.PASTED, pasted.encode())] if pasted else []
        return [*self.cleaned_data["files"], *more]

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments of ``importing.plan``."""
        values = self.cleaned_data
        return {
            "dialect": values["dialect"],
            "site": values["site"].name if values["site"] else "",
            "mask": str(values["mask"] or ""),
            "delete_missing": values["delete_missing"],
        }


class ExportForm(DressedForm):
    """In which form the draft is written."""

    format = forms.ChoiceField(
        label="Format",
        choices=[(name, words[0].upper() + words[1:]) for name, words in exporting.WORDS.items()],
        widget=forms.RadioSelect,
        initial="own",
    )
    company = forms.CharField(
        required=False,
        label="Company",
        max_length=50,
        help_text="NENA only: the sender's name in the header.",
    )
    company_id = forms.CharField(
        required=False,
        label="NENA company id",
        max_length=5,
        help_text="NENA only: five characters.",
    )


class MomentField(forms.DateTimeField):
    """A date and time of day, in the portal's time zone, which its help names."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        help_text = f"{kwargs.pop('help_text', '')} Time zone {settings.TIME_ZONE}.".strip()
        super().__init__(**{"required": False, "help_text": help_text, **kwargs})


class PublishForm(DressedForm):
    """What to say of a publication, and when it happens."""

    comment = forms.CharField(
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"placeholder": "What changed, and why"}),
    )
    at = MomentField(label="Not before", help_text="Empty: now.")

    def clean_at(self) -> Any:
        moment = self.cleaned_data["at"]
        if moment and moment <= timezone.now():
            raise ValidationError("This has passed already. Leave it empty to publish now.")
        return moment


class ScheduleForm(forms.ModelForm):
    """Whether the draft is published by itself."""

    class Meta:
        model = PublicationSchedule
        fields = ("mode", "at", "quiet_minutes")
        widgets = {"at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress(field)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        is_daily = values.get("mode") == PublicationSchedule.Mode.DAILY
        if is_daily and not values.get("at") and "at" not in self.errors:
            self.add_error("at", "Give the time of day, for example 02:30.")
        return values
