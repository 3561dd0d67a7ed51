"""Model fields that keep one spelling of a value, derive one value from another, or encrypt at
rest."""

import base64
import functools
import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models


class NormalisedCharField(models.CharField):
    """Text stored in the one spelling that ``normalise`` returns.

    ``normalise`` takes text, returns the canonical text and raises ``ValueError`` with a message
    for people.  It runs both on validation and before every write, bulk writes included, so no
    second spelling can get into the table.  With ``null=True`` an empty input is stored as NULL,
    which is what a unique optional column needs.
    """

    def __init__(self, *args: Any, normalise: Callable[[str], str], **kwargs: Any) -> None:
        self.normalise = normalise
        kwargs.setdefault("max_length", 120)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "normalise": self.normalise}

    def _canonical(self, value: Any) -> Any:
        if value is None or not str(value).strip():
            return None if self.null else ""
        return self.normalise(str(value))

    def to_python(self, value: Any) -> Any:
        try:
            return self._canonical(value)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        # CharField.clean() validates blank values by `blank`; None is legal only when null is.
        return super().clean(value, model_instance)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self._canonical(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        # Look-ups accept any spelling too; what cannot be normalised matches nothing by equality,
        # and neither does empty text where empty is stored as NULL.
        if value == "":
            return value
        try:
            return super().get_prep_value(self._canonical(value))
        except ValueError:
            return super(models.CharField, self).get_prep_value(str(value))

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return super().get_db_prep_save(None if value == "" and self.null else value, connection)

    def formfield(self, **kwargs: Any) -> Any:
        # The form's own length check would refuse a long but legal spelling before it is shortened.
        return super().formfield(**{"max_length": None, **kwargs})


class DerivedCharField(models.CharField):
    """Text computed from the instance before every write, bulk writes included.

    ``derive`` takes the instance and returns the text: the normal form of a port name, the sort key
    of a network.  Never edited; see ``DerivedModel`` for how uniqueness on it is reported.
    """

    def __init__(
        self, *args: Any, derive: Callable[[Any], str], source: str, **kwargs: Any
    ) -> None:
        self.derive = derive
        self.source = source
        kwargs.update(editable=False)
        kwargs.setdefault("max_length", 200)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        return name, path, args, {**kwargs, "derive": self.derive, "source": self.source}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        value = self.derive(model_instance)
        setattr(model_instance, self.attname, value)
        return value


class DerivedModel(models.Model):
    """Base of models with derived fields: they are computed before validation, and an error about
    one is shown at the field that a person can edit."""

    class Meta:
        abstract = True

    @classmethod
    def _derived(cls) -> list[DerivedCharField]:
        return [field for field in cls._meta.concrete_fields if isinstance(field, DerivedCharField)]

    def _compute_derived(self) -> set[str]:
        fields = self._derived()
        for field in fields:
            try:
                setattr(self, field.attname, field.derive(self))
            except ValueError:  # the source is invalid and has its own error already
                continue
        return {field.name for field in fields}

    def _at_source(self, error: ValidationError) -> ValidationError:
        sources = {field.name: field.source for field in self._derived()}
        if not hasattr(error, "error_dict"):
            return error
        return ValidationError(
            {sources.get(name, name): errors for name, errors in error.error_dict.items()}
        )

    def validate_unique(self, exclude: Iterable[str] | None = None) -> None:
        derived = self._compute_derived()
        try:
            super().validate_unique(exclude=set(exclude or ()) - derived)
        except ValidationError as error:
            raise self._at_source(error) from error

    def validate_constraints(self, exclude: Iterable[str] | None = None) -> None:
        derived = self._compute_derived()
        try:
            super().validate_constraints(exclude=set(exclude or ()) - derived)
        except ValidationError as error:
            raise self._at_source(error) from error


class TextListField(models.JSONField):
    """An ordered list of short texts, each in the spelling that ``normalise`` returns.

    Accepts a list, or text with one item per line, comma or semicolon; stored as JSON.
    """

    def __init__(
        self, *args: Any, normalise: Callable[[str], str] = str.strip, **kwargs: Any
    ) -> None:
        self.normalise = normalise
        kwargs.setdefault("default", list)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "normalise": self.normalise}

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.replace(",", "\n").replace(";", "\n").splitlines()
        if not isinstance(value, list) or any(not isinstance(item, str) for item in value):
            raise ValidationError("Write one item per line.", code="invalid")
        items: list[str] = []
        for item in (entry.strip() for entry in value):
            if not item:
                continue
            try:
                canonical = self.normalise(item)
            except ValueError as error:
                raise ValidationError(str(error), code="invalid") from error
            if canonical not in items:
                items.append(canonical)
        return items

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        self.to_python(value)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        value = self.to_python(value)
        self.validate(value, model_instance)
        self.run_validators(value)
        return value

    def formfield(self, **kwargs: Any) -> Any:
        from e911portal.core.forms import TextListFormField

        return models.Field.formfield(self, form_class=TextListFormField, **kwargs)


@functools.cache
def _fernet(secret: str, *earlier: str) -> MultiFernet:
    """Encrypts with ``secret``; decrypts what it or one of the ``earlier`` keys encrypted."""
    digests = (hashlib.sha256(key.encode()).digest() for key in (secret, *earlier))
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


class Sealed(str):
    """A secret that the present key does not open.

    Its row can be read and saved, which keeps the ciphertext, and the secret can be entered again;
    only using it is refused, by ``opened``.
    """

    label: str = ""


def opened(secret: str) -> str:
    """Return a secret that is about to be used.

    Raises ``ValidationError`` if another key encrypted it, rather than handing out garbage.
    """
    if isinstance(secret, Sealed):
        raise ValidationError(
            f"{secret.label} was encrypted with another FIELD_ENCRYPTION_KEY. "
            "Restore that key, or enter the secret again."
        )
    return secret


class EncryptedTextField(models.TextField):
    """Text encrypted at rest (Fernet: AES-128-CBC with HMAC-SHA256) under ``FIELD_ENCRYPTION_KEY``.

    Keys of ``FIELD_ENCRYPTION_KEYS_OLD`` still open what they encrypted; what another key encrypted
    is read as ``Sealed``.
    """

    #: Audit rows, forms and logs show that a value is set, never the value.
    is_secret = True

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        if not value:
            return value
        try:
            keys = (settings.FIELD_ENCRYPTION_KEY, *settings.FIELD_ENCRYPTION_KEYS_OLD)
            return _fernet(*keys).decrypt(value.encode()).decode()
        except InvalidToken:
            sealed = Sealed(value)
            sealed.label = f"{self.model._meta.verbose_name}.{self.name}"
            return sealed

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, Sealed) else super().to_python(value)

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Sealed):
            return str(value)
        value = super().get_prep_value(value)
        if not value:
            return value
        return _fernet(settings.FIELD_ENCRYPTION_KEY).encrypt(value.encode()).decode()
