"""``python -m locations.simulator``."""

from locations.simulator.server import main

main()
