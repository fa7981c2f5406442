"""Makes the page of a blind test, served or as a file by itself. Passages are in it as data, and become text and never markup.

It holds the passages with random ids, in the sheet's order; what they are is not in it.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from markupsafe import Markup

from ownvoice.blind.sheet import SURENESS, Sheet, Sitting
from ownvoice.paths import SHIPPED
from ownvoice.report.render import render

READING = 230
"""Words a minute: M. Brysbaert, "How many words do we read per minute?", Journal of Memory and Language 109, 2019."""
DECIDING_SECONDS = 6


def served_page(sheet: Sheet, sitting: Sitting, token: str, result: dict[str, Any] | None) -> str:
    """For the author herself; `result` once she is done, see `ownvoice.blind.opened`."""
    answers = {each.id: {"mine": each.mine, "sure": each.sure} for each in sitting.answers}
    return _page(sheet, {"token": token, "answers": answers, "result": result}, "Mine", "Not mine")


def file_page(sheet: Sheet) -> str:
    """For somebody else: it needs no server, and asks nothing of any place."""
    return _page(sheet, {"answers": {}}, "The sender's", "Not the sender's")


def header_policy() -> str:
    """Content-Security-Policy of the served page: more than an element in it can say."""
    return f"{_policy(is_served=True)}; frame-ancestors 'none'"


def _page(sheet: Sheet, values: dict[str, Any], yes: str, no: str) -> str:
    is_served = "token" in values
    yes_key = yes.split()[-1][0].upper()
    data: dict[str, Any] = {
        "token": "",
        "result": None,
        "sheet": sheet.id,
        "run": sheet.run,
        "yes_key": yes_key,
        "passages": [{"id": passage.id, "text": passage.text} for passage in sheet.passages],
    }
    seconds = len(sheet.passages) * (60 * sheet.words / READING + DECIDING_SECONDS)
    return render(
        "blind_test.html.j2",
        {
            "data": data | values,
            "policy": _policy(is_served),
            "style": Markup(_style()),
            "script": Markup(_script()),
            "words": sheet.words,
            "run": sheet.run,
            "minutes": max(1, round(seconds / 60)),
            "yes": yes,
            "no": no,
            "yes_key": yes_key,
            "sureness": SURENESS,
        },
    )


def _policy(is_served: bool) -> str:
    """This script and this style, by their hashes; no other, no picture, no address but the page's own."""
    script, style = _hash(_script()), _hash(_style())
    connect = "connect-src 'self'; " if is_served else ""
    return (
        f"default-src 'none'; script-src '{script}'; style-src '{style}'; img-src data:; {connect}"
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _script() -> str:
    return _shipped("blind_test.js")


def _style() -> str:
    return _shipped("blind_test.css")


def _shipped(name: str) -> str:
    return (SHIPPED / "templates" / name).read_text("utf-8")
