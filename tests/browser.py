"""A real browser for tests of pages; there may be none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

COMMANDS = ("chromium", "chromium-browser", "google-chrome")


def command() -> str | None:
    """The browser that is installed, if any."""
    return next((found for name in COMMANDS if (found := shutil.which(name))), None)


@contextmanager
def started() -> Iterator[Any]:
    """A browser without a window; skips the test where there is none."""
    driver = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed"
    )
    browser = command()
    if browser is None:
        pytest.skip("Chromium is not installed")
    with driver.sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-gpu"]
        )
        yield found
        found.close()


@dataclass
class Opened:
    """A page that was opened, and what should not have happened.

    Attributes:
        page: The page, as Playwright drives it.
        wrong: Messages of the console, errors, and requests that left the page.
    """

    page: Any
    wrong: list[str] = field(default_factory=list)


@contextmanager
def opened(browser: Any, file: Path, **options: Any) -> Iterator[Opened]:
    """Open a file, and listen."""
    context = browser.new_context(**options)
    found = Opened(context.new_page())
    found.page.on("console", lambda message: found.wrong.append(message.text))
    found.page.on("pageerror", lambda error: found.wrong.append(str(error)))

    def asked(request: Any) -> None:
        if request.url != file.as_uri() and not request.url.startswith("data:"):
            found.wrong.append(f"asks for {request.url}")

    found.page.on("request", asked)
    found.page.goto(file.as_uri())
    yield found
    context.close()
