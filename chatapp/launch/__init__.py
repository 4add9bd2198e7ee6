"""
Starting the product and keeping it running: installation, preparation, processes, health, shutdown.

Knows the other apps only by their commands (docs/architecture.md) and imports none of them. Everything on the way to a
new virtual environment (`bootstrap`, `install`, `configuration`, `errors`) uses the standard library alone.
"""
