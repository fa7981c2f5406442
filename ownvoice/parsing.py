"""JSON and TOML of files that anybody may have written: whatever is wrong with them is a ValueError."""

from __future__ import annotations

import json
import tomllib
from typing import Any

DEEP = "it is nested too deep"


def json_of(text: str | bytes, **options: Any) -> Any:
    """As `json.loads`. Raises ValueError also where lists stand in lists without end, which is a RecursionError there."""
    try:
        return json.loads(text, **options)
    except RecursionError:
        raise ValueError(DEEP) from None


def toml_of(text: str) -> dict[str, Any]:
    """As `tomllib.loads`; ValueError as above."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError(DEEP) from None
