"""Proving addresses: ask a provider, keep what it said for ever, accept its spelling."""

import base64
from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from e911portal.core import audit, jobs
from e911portal.core.fields import opened
from locations.domain.msag_records import MSAGRange
from locations.domain.verdicts import ValidationResult, Verdict
from locations.gateways.base import ProviderSettings
from locations.gateways.dialects import open_validator
from locations.models import AddressVerdict, CivicAddress, ServiceProvider, ValidationRun
from locations.models import MSAGRange as MSAGRangeRow
from locations.queries import provider_of_record

JOB_KIND = "locations.validate"
#: Elements that no provider returns.
_OURS = ("a2", "a6", "pcn", "msag_community")


def start(
    *, by: Any, addresses: Iterable[CivicAddress], provider: ServiceProvider | None = None
) -> ValidationRun:
    """Queue the validation of ``addresses`` with ``provider``, by default the provider of record.

    Raises ``ValidationError`` when there is no active provider or no address.
    """
    provider = provider or provider_of_record()
    if provider is None or not provider.is_active:
        raise ValidationError(
            "There is no active provider of record. Add the E9-1-1 service provider first."
        )
    chosen = list(addresses)
    if not chosen:
        raise ValidationError("There is no address to validate.")
    with transaction.atomic():
        run = ValidationRun.objects.create(
            provider=provider, created_by=by if getattr(by, "pk", None) else None
        )
        run.addresses.set(chosen)
        run.job = jobs.enqueue(JOB_KIND, by=by, total=len(chosen), run=run.pk)
        run.save(update_fields=["job"])
        audit.record("started", run, by=by, after={"addresses": len(chosen)})
    return run


def proceed(run: ValidationRun, attempt: jobs.Run) -> None:
    """Validate what the run still lacks a verdict for, one address at a time.

    Each verdict is committed together with the progress, so that a worker that dies repeats at most
    the one address it was asking about.  Raises ``ProviderRefused`` for bad credentials.
    """
    done = run.verdicts.count()
    total = run.addresses.count()
    left = run.addresses.exclude(pk__in=run.verdicts.values("address")).order_by("pk")
    validator = open_validator(provider_settings(run.provider), _ranges(run.provider))
    try:
        for address in left:
            # The provider is asked outside of any transaction: it may take seconds.
            result = validator.validate(address.street_address())
            done += 1
            with transaction.atomic():
                record(address=address, result=result, run=run, by=run.created_by)
                attempt.step(progress=done, total=total, message=f"{done} of {total} addresses")
    finally:
        validator.close()


def record(
    *, address: CivicAddress, result: ValidationResult, run: ValidationRun | None, by: Any
) -> AddressVerdict:
    """Keep one verdict; call it in a transaction."""
    verdict = AddressVerdict.objects.create(
        address=address,
        run=run,
        provider=run.provider if run else None,
        provider_name=result.provider,
        verdict=str(result.verdict),
        normal_form=address.normal_form,
        submitted=asdict(result.submitted),
        standardized=asdict(result.standardized) if result.standardized else None,
        candidates=[asdict(candidate) for candidate in result.candidates],
        aspects=dict(result.aspects),
        latitude=result.latitude,
        longitude=result.longitude,
        provider_location_id=result.provider_location_id[:80],
        message=result.message[:500],
        raw_reply=result.raw[:20_000],
        by=by if getattr(by, "pk", None) else None,
    )
    audit.record("validated", verdict, by=by, after={"verdict": verdict.verdict})
    _adopt_position(address, result, by=by)
    return verdict


def _adopt_position(address: CivicAddress, result: ValidationResult, *, by: Any) -> None:
    """Take the provider's point for a proven address that has none; a person's own is never
    moved."""
    known = address.latitude is not None or result.latitude is None or result.longitude is None
    if known or result.verdict is not Verdict.VALID:
        return
    address.latitude = Decimal(str(round(result.latitude or 0, 6)))
    address.longitude = Decimal(str(round(result.longitude or 0, 6)))
    audit.update(address, by=by)


def accept(*, verdict: AddressVerdict, candidate: int | None = None, by: Any) -> AddressVerdict:
    """Take over the provider's spelling of an address and count it as proven by that provider.

    ``candidate`` chooses among several. Raises ``ValidationError`` when the verdict offers nothing,
    when the address was edited since, or when another row has that very address already.
    """
    address = verdict.address
    if verdict.normal_form != address.normal_form:
        raise ValidationError("The address was edited since. Validate it again.")
    try:
        form = verdict.standardized if candidate is None else verdict.candidates[candidate]
    except IndexError as error:
        raise ValidationError(f"There is no candidate {(candidate or 0) + 1}.") from error
    if not form:
        raise ValidationError("The provider offered no other spelling.")
    with transaction.atomic():
        for name, value in form.items():
            # A direction or suffix that the provider left out is wrong; names that it does not
            # know at all are ours to keep.
            if value or name not in _OURS:
                setattr(address, name, value)
        audit.update(address, by=by)
        accepted = AddressVerdict.objects.create(
            address=address,
            provider=verdict.provider,
            provider_name=verdict.provider_name,
            verdict=AddressVerdict.Verdict.VALID,
            normal_form=address.normal_form,
            submitted=form,
            standardized=form,
            aspects=verdict.aspects,
            message=f"Accepted the provider's form of {verdict.at:%Y-%m-%d %H:%M} UTC.",
            raw_reply=verdict.raw_reply,
            at=timezone.now(),
            by=by,
        )
        audit.record("accepted", accepted, by=by, after={"address_id": address.pk})
    return accepted


def provider_settings(provider: ServiceProvider) -> ProviderSettings:
    """Return how to reach a provider, secrets included; never log the result.

    Raises ``ValidationError`` for a secret that another key encrypted.
    """
    certificate = opened(provider.client_certificate)
    return ProviderSettings(
        name=provider.name,
        dialect=provider.dialect,
        url=provider.url,
        username=provider.username,
        password=opened(provider.password),
        client_certificate=base64.b64decode(certificate) if certificate else None,
        certificate_password=opened(provider.certificate_password),
        rate_per_second=provider.rate_per_second,
        connect_timeout_s=provider.connect_timeout_s,
        read_timeout_s=provider.read_timeout_s,
        networks=tuple(settings.PROVIDER_NETWORKS),
    )


def _ranges(provider: ServiceProvider) -> list[MSAGRange]:
    if provider.dialect != ServiceProvider.Dialect.MSAG:
        return []
    return [row.msag_range() for row in MSAGRangeRow.objects.order_by("pk")]
