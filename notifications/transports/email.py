"""E-mail through Django's mail backend (SMTP, RFC 5321)."""

import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage

from notifications.transports.message import Message, Receipt, Refused, Undelivered


def send(message: Message) -> Receipt:
    """Hand the message to the mail server; what happens behind it is not known, so it is ``SENT``.

    Raises ``Refused`` for replies 5xx, ``Undelivered`` for 4xx, timeouts and refused connections.
    """
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    headers = {
        # The same at every attempt: a mail program shows a repeated message once.
        "Message-ID": f"<{message.key}@{domain}>",
        "Auto-Submitted": "auto-generated",
    }
    if not message.is_test:
        headers |= {"Importance": "high", "X-Priority": "1 (Highest)"}
    mail = EmailMessage(
        subject=message.subject, body=message.text, to=[message.address], headers=headers
    )
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        raise _error(code, reason) from error
    except smtplib.SMTPResponseException as error:
        # A password that is wrong today will be put right; only the address itself is final.
        if isinstance(error, smtplib.SMTPDataError):
            raise _error(error.smtp_code, error.smtp_error) from error
        raise Undelivered(f"{error.smtp_code} {_text(error.smtp_error)}") from error
    except (smtplib.SMTPException, OSError) as error:
        where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        raise Undelivered(f"Mail server {where}: {error or type(error).__name__}") from error
    except ValueError as error:
        raise Refused(f"“{message.address}” is not an e-mail address: {error}") from error
    return Receipt.SENT


def _error(code: int, reason: bytes | str) -> Exception:
    kind = Refused if 500 <= code < 600 else Undelivered
    return kind(f"{code} {_text(reason)}")


def _text(reason: bytes | str) -> str:
    return reason.decode(errors="replace") if isinstance(reason, bytes) else reason
