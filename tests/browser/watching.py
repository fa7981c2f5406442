"""Opens a page and notes what it should not do: errors on its console, and requests beyond where it came from."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

WIDTHS = (1280, 390)
"""Of a desk and of a phone, in pixels."""
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


@dataclass
class Watched:
    page: Page
    errors: list[str] = field(default_factory=list)
    """What the page wrote to its console as an error, and what it threw."""
    asked_outside: list[str] = field(default_factory=list)
    """Addresses of another origin that it asked for; data: and blob: are inside it."""


@contextlib.contextmanager
def watched(browser: Browser, url: str, width: int = 1280, scheme: Scheme = "light") -> Iterator[Watched]:
    """The page at a file: or http: address, in a context of its own."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    found = Watched(context.new_page())
    home = urlsplit(url)

    def asked(address: str) -> None:
        there = urlsplit(address)
        same = there.scheme == home.scheme and there.netloc == home.netloc
        if there.scheme not in ("data", "blob") and not (same and (home.scheme != "file" or there.path == home.path)):
            found.asked_outside.append(address)

    found.page.on("console", lambda said: found.errors.append(said.text) if said.type == "error" else None)
    found.page.on("pageerror", lambda thrown: found.errors.append(str(thrown)))
    found.page.on("request", lambda request: asked(request.url))
    try:
        found.page.goto(url)
        yield found
    finally:
        context.close()


def serious_faults(page: Page) -> list[str]:
    """What axe finds of impact serious or critical: the rule and the first place."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['help']} at {each['nodes'][0]['target']}"
        for each in violations
        if each["impact"] in ("serious", "critical")
    ]
