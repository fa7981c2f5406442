"""Reads front matter as plain values: text, numbers, dates, lists. What only a trap or a slip would hold is refused."""

from __future__ import annotations

from typing import Any

import yaml
from frontmatter.default_handlers import SafeLoader

DEEPEST = 8
"""Levels of lists and mappings; a blog's front matter has two or three."""


class FrontMatterError(ValueError):
    """Why it can't be read, and at which of its lines, from 0."""

    def __init__(self, what: str, line: int = 0) -> None:
        self.what, self.line = what, line
        super().__init__(what)


def load_front_matter(text: str) -> Any:
    """What the lines say, most often a dict.

    Raises:
        FrontMatterError: it is no YAML; or it has anchors, aliases or merged keys, which a few lines of make millions of
            values of; a key twice, of which the first would be lost; or it is nested deeper than anybody writes.
    """
    try:
        _require_plain(text)
        return yaml.load(text, _EachKeyOnce)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: 2026-13-40, which YAML takes for a date
        if isinstance(error, FrontMatterError):
            raise
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error).split("\n")[0]
        told = f"{what}; a value with a colon or a quote needs quotes"
        raise FrontMatterError(told, mark.line if mark else 0) from None


def _require_plain(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, SafeLoader):
        line = event.start_mark.line if event.start_mark else 0
        if getattr(event, "anchor", None):
            raise FrontMatterError("anchors and aliases (& and *) are not read: write the value out", line)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise FrontMatterError(f"nested more than {DEEPEST} levels deep: keep topic, tier and split", line)


class _EachKeyOnce(SafeLoader):  # type: ignore[misc]
    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value == "<<":
                raise FrontMatterError("merged keys (<<) are not read: write them out", key.start_mark.line)
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise FrontMatterError(f"{key.value!r} stands in it twice: keep one", key.start_mark.line)
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
        values: dict[Any, Any] = super().construct_mapping(node, deep)
        return values
