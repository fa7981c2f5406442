"""Judges one entry's values: the fields, the tier, the split, and text that was decoded wrongly."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from ownvoice.essays.entries import Entry, Sifted
from ownvoice.records.essays import SPLITS, Pair

FIELDS = ("topic", "essay", "tier", "split")
TIERS = (1, 2, 3, 4)
UNUSUAL = re.compile("[^\0-\x7f\u2013\u2014\u2018\u2019\u201c\u201d\u2026]")
"""A character beyond ASCII, dashes, quotation marks and the ellipsis; every wrong reading leaves one. ftfy's own search
takes 0.05 ms a paragraph, 4 s of 10,000 pairs."""


# Front matter of blogs, which says nothing that a training needs.
BLOG_FIELDS = frozenset(
    [
        "aliases",
        "author",
        "authors",
        "categories",
        "category",
        "cover",
        "date",
        "description",
        "draft",
        "excerpt",
        "image",
        "keywords",
        "lang",
        "lastmod",
        "layout",
        "permalink",
        "published",
        "publishdate",
        "series",
        "slug",
        "subtitle",
        "summary",
        "tag",
        "tags",
        "thumbnail",
        "type",
        "updated",
        "url",
        "weight",
    ]
)


def judge(entry: Entry) -> Sifted[Pair]:
    """The entry as a pair, none where a field is missing or wrong, and everything that is wrong with it."""
    values = _in_our_names(entry.values)
    entry = entry.model_copy(update={"values": values})
    wrong = [*_id_problems(entry), *_text_problems(entry), *_tier_problems(entry), *_split_problems(entry)]
    pairs: tuple[Pair, ...] = ()
    if not wrong:
        pair = Pair(
            id=entry.id,
            topic=" ".join(values["topic"].split()),
            essay=values["essay"].replace("\r\n", "\n").replace("\r", "\n").strip(),
            tier=int(str(values["tier"])),
            split=str(values["split"]).strip(),
            source=entry.at(),
        )
        pairs = (pair,)
    return Sifted(pairs, problems=(*_unknown_fields(entry), *wrong, *_mojibake(entry)))


def repeated_ids(entries: Iterable[Entry]) -> list[str]:
    """A line for each id that was used before."""
    first: dict[str, str] = {}
    problems = []
    for entry in entries:
        if entry.id in first:
            problems.append(f"{entry.at()}: the id '{entry.id}' is used already ({first[entry.id]})")
        first.setdefault(entry.id, entry.at())
    return problems


def _in_our_names(values: dict[str, Any]) -> dict[str, Any]:
    """A blog's title is a topic; a topic of its own goes before it."""
    kept = {name: value for name, value in values.items() if str(name).lower() not in BLOG_FIELDS}
    title = kept.pop("title", None)
    return {"topic": title, **kept} if title is not None else kept


def _unknown_fields(entry: Entry) -> list[str]:
    problems = []
    for name in entry.values:
        if name not in FIELDS:
            near = get_close_matches(str(name), FIELDS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(FIELDS)}"
            problems.append(f"{entry.at(str(name))}: no such field {str(name)!r}; {hint}")
    return problems


def _id_problems(entry: Entry) -> list[str]:
    if re.search("[\0-\x1f\x7f-\x9f\ud800-\udfff]", entry.id):
        return [f"{entry.at()}: the id {entry.id!a} holds a character that is no text"]
    return []


def _text_problems(entry: Entry) -> list[str]:
    problems = []
    for name in ("topic", "essay"):
        value = entry.values.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            what = "is empty" if name in entry.values else f"is missing; add {name}"
            problems.append(f"{entry.at(name)}: the {name} {what}")
        elif not isinstance(value, str):
            problems.append(f"{entry.at(name)}: the {name} is not text (found {repr(value)[:60]}): put it in quotes")
        elif re.search("[\0\ud800-\udfff]", value):
            problems.append(f"{entry.at(name)}: the {name} holds a character that is no text: save it again as UTF-8")
    return problems


def _tier_problems(entry: Entry) -> list[str]:
    value = entry.values.get("tier")
    if _is_empty(value):
        return [f"{entry.at('tier')}: the tier is missing; add tier 1 (closest to the voice) to 4 (smoke-test pieces)"]
    if isinstance(value, bool) or str(value).strip() not in map(str, TIERS):
        return [f"{entry.at('tier')}: tier {value!r} is none of {', '.join(map(str, TIERS))}"]
    return []


def _split_problems(entry: Entry) -> list[str]:
    value = entry.values.get("split")
    if _is_empty(value):
        return [f"{entry.at('split')}: the split is missing; add split {' or '.join(SPLITS)}"]
    if not isinstance(value, str) or value.strip() not in SPLITS:
        near = get_close_matches(str(value), SPLITS, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else ""
        return [f"{entry.at('split')}: split {value!r} is none of {', '.join(SPLITS)}{hint}"]
    return []


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _mojibake(entry: Entry) -> list[str]:
    """A line for each line of text that was read in a wrong encoding once, such as 'donâ€™t', with its likely form."""
    import ftfy  # noqa: PLC0415 - the tables' reader imports this module, and a run that is done reads no essay
    from ftfy.badness import BADNESS_RE  # noqa: PLC0415

    problems = []
    for name in ("topic", "essay"):
        value = entry.values.get(name)
        lines = value.strip().split("\n") if isinstance(value, str) else []
        for further, line in enumerate(lines):
            match = BADNESS_RE.search(line) if UNUSUAL.search(line) else None
            if match is None:
                continue
            excerpt = line[max(0, match.start() - 15) : match.end() + 15]
            mended = ftfy.fix_text(excerpt, uncurl_quotes=False)
            problems.append(f"{entry.at(name, further)}: wrongly decoded text: {excerpt!r}, probably {mended!r}")
    return problems
