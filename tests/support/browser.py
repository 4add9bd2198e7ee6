"""
A Chromium for the end-to-end tests: from PATH, else Playwright's own, else installed.

With apt when root; else by Playwright, into its own folder in the home directory.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Set by `make test`; read by the fixtures that start the browser.
BROWSER_VARIABLE = "CHATAPP_TEST_BROWSER"
# The rest keeps the browser from asking its maker for updates and experiments: a test speaks with localhost alone.
BROWSER_ARGUMENTS = (
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-gpu",
    "--disable-quic", "--no-first-run", "--no-default-browser-check",
)  # fmt: skip


class BrowserMissingError(RuntimeError):
    """There is no Chromium here and none could be installed."""


def browser_arguments() -> list[str]:
    """Command-line flags for this machine: Chromium's own sandbox does not start as root."""
    return [*BROWSER_ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def ensure_browser() -> Path:
    """
    The browser's program, installed if need be.

    :raises BrowserMissingError: if there is none in the end; the text says what was tried.
    """
    found = find_browser()
    if found is None:
        print("No Chromium on PATH and none of Playwright's: installing one", flush=True)
        _install_browser()
        found = find_browser()
    if found is None:
        raise BrowserMissingError(
            "The end-to-end tests need Chromium. None of "
            f"{', '.join(PROGRAMS)} is on PATH, and installing one failed (what was tried stands above). "
            "Install it by hand: apt-get install chromium, or .venv/bin/playwright install chromium."
        )
    return found


def find_browser() -> Path | None:
    """The browser that is here, or None."""
    named = os.environ.get(BROWSER_VARIABLE)
    if named:
        return Path(named)
    for name in PROGRAMS:
        found = shutil.which(name)
        if found:
            return Path(found)
    return _playwrights_own()


def _playwrights_own() -> Path | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = Path(playwright.chromium.executable_path)
    return program if program.exists() else None


def _install_browser() -> None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", "chromium"]):
            subprocess.run(command, env=environment, check=False)
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
