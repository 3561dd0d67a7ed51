#!/usr/bin/env python
"""Django's command line."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "e911portal.settings")
    from django.conf import settings
    from django.core.management import execute_from_command_line

    try:
        settings.DEBUG  # noqa: B018  reads the environment
    except ValueError as error:
        sys.exit(f"{sys.argv[0]}: {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
