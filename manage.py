#!/usr/bin/env python
"""Django's command line, for this project."""

import os
import sys

from django.core.management import execute_from_command_line

from checkout.management import demo_home

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "checkout.settings")
    if sys.argv[1:2] == ["demo"]:
        demo_home.prepare(sys.argv[2:])
    execute_from_command_line(sys.argv)
