"""Errors of writing, in words for the person who wrote."""

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms import BaseForm


class OutOfReach(Exception):
    """The row as saved would belong to a site that its editor may not change."""

    message = (
        "You may not change elements of this site. Choose a site of yours, or ask its "
        "administrator."
    )


def show_in(form: BaseForm, error: ValidationError) -> None:
    """Put an error of the write itself beside the fields it names, or on top of the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields or name == NON_FIELD_ERRORS else None, errors)
