"""`python -m ra_assistant` is the command `ra-assistant`."""

from ra_assistant.cli import main

main()
