"""From pandoc's syntax tree to blocks of plain text.

The tree's nodes are {"t": kind, "c": content}: https://hackage.haskell.org/package/pandoc-types (Text.Pandoc.Definition).
An unknown kind is a KeyError: a newer pandoc has to be looked at, not guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ownvoice.intake import lines
from ownvoice.intake.dates import iso_date
from ownvoice.intake.documents import Block, BlockKind, Contents

Node = dict[str, Any]
NOT_TEXT = frozenset(
    {"footnote", "footnotes", "footnote-anchor", "footnote-ref", "footnote-back"}
    | {"subscription-widget-wrap", "subscription-widget-wrap-editor", "subscription-widget", "button-wrapper"}
    | {"captioned-button-wrap", "sharedaddy"}
)
"""Classes of what a web page or a newsletter shows and its writer did not write at that place."""
_NOTE_MARK = re.compile(r"\[?(?:\d{1,3}|[*\u2020\u2021\u21a9\ufe0e]+)\]?")
_TAGS = re.compile(r"<!--.*?-->|<(script|style|iframe)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)


def contents_of(tree: Node) -> Contents:
    """A whole document, titled as it names itself or by a heading of level 1 at the top, which stays."""
    meta, nodes = tree["meta"], tree["blocks"]
    return Contents(
        title=meta_text(meta, "title") or leading_heading(nodes, deepest=1),
        subtitle=meta_text(meta, "subtitle"),
        date=iso_date(meta_text(meta, "date")),
        blocks=blocks_of(nodes),
    )


def leading_heading(nodes: Sequence[Node], deepest: int) -> str:
    """The text of the heading that the nodes begin with, if they do and its level is not deeper."""
    while nodes and nodes[0]["t"] == "Div":
        nodes = nodes[0]["c"][1]
    if not nodes or nodes[0]["t"] != "Header" or nodes[0]["c"][0] > deepest:
        return ""
    return _folded(nodes[0]["c"][2])


def meta_text(meta: Node, name: str) -> str:
    """A field of the document's own description; '' where it has none."""
    value = meta.get(name, {"t": "MetaString", "c": ""})
    if value["t"] == "MetaInlines":
        return _folded(value["c"])
    if value["t"] == "MetaBlocks":
        return " ".join(block.text for block in blocks_of(value["c"]))
    return str(value["c"]) if value["t"] == "MetaString" else ""


def blocks_of(nodes: Sequence[Node]) -> tuple[Block, ...]:
    """The blocks in their order; one without text is left out, except a rule."""
    found = (block for node in nodes for block in _BLOCKS[node["t"]](node.get("c")))
    return tuple(block for block in found if block.text or block.kind == "rule")


def _paragraphs(inlines: Any) -> Iterator[Block]:
    """One paragraph as a rule; more where empty lines or a signature's `--` part it, verse where its lines are short."""
    text = inline_text(inlines)
    if not text.strip():
        yield Block(kind="caption", text=" ".join(_image_texts(inlines)))
    for part in re.split(r"\n(?:[^\S\n]*\n)+|\n(?=--[^\S\n]*(?:\n|$))|(?<=^--)\n|(?<=\n--)\n", text):
        parts = [line.rstrip() for line in part.split("\n") if line.strip()]
        yield lines.verse(parts) if lines.is_verse(parts) else lines.paragraph(" ".join(parts))


def _listed(items: Any) -> Iterator[Block]:
    for item in items:
        yield from (_as(block, "list item", "paragraph") for block in blocks_of(item))


def _defined(entries: Any) -> Iterator[Block]:
    for term, meanings in entries:
        yield Block(kind="list item", text=_folded(term))
        yield from _listed(meanings)


def _quoted(nodes: Any) -> Iterator[Block]:
    for block in blocks_of(nodes):
        yield _as(block, "quote", "paragraph", "list item", "heading", "verse")


def _as(block: Block, kind: BlockKind, *kinds: BlockKind) -> Block:
    return Block(kind=kind, text=" ".join(block.text.split())) if block.kind in kinds else block


def _division(content: Any) -> Iterator[Block]:
    (_, classes, attributes), nodes = content
    if not NOT_TEXT.isdisjoint(classes):
        return
    is_caption = "caption" in dict(attributes).get("custom-style", "").lower()
    for node in nodes:
        if "line-block" in classes and node["t"] in ("Para", "Plain"):
            yield lines.verse(inline_text(node["c"]).split("\n"))
        else:
            yield from (_as(block, "caption", "paragraph") if is_caption else block for block in blocks_of([node]))


def _figure(content: Any) -> Iterator[Block]:
    _, caption, nodes = content
    text = " ".join(block.text for block in blocks_of(caption[1])) or " ".join(b.text for b in blocks_of(nodes))
    yield Block(kind="caption", text=text)


def _table(content: Any) -> Iterator[Block]:
    """A line for each row; a caption before it."""
    _, caption, _, head, bodies, foot = content
    yield Block(kind="caption", text=" ".join(block.text for block in blocks_of(caption[1])))
    rows = [*head[1], *(row for body in bodies for row in (*body[2], *body[3])), *foot[1]]
    yield Block(kind="table", text="\n".join(filter(None, map(_row_text, rows))))


def _row_text(row: Any) -> str:
    cells = [" ".join(" ".join(block.text.split()) for block in blocks_of(cell[4])) for cell in row[1]]
    return " | ".join(cells) if any(cells) else ""


def _raw(content: Any) -> Iterator[Block]:
    """HTML inside Markdown keeps its text."""
    format, text = content
    yield lines.paragraph(_TAGS.sub(" ", text) if format == "html" else "")


def inline_text(nodes: Any) -> str:
    """Plain text; a hard break is a line's end, notes and pictures are gone."""
    return "".join(_INLINES[node["t"]](node.get("c")) for node in nodes)


def _folded(nodes: Any) -> str:
    return " ".join(inline_text(nodes).split())


def _link(content: Any) -> str:
    (_, classes, _), inlines, (target, _) = content
    text = inline_text(inlines)
    marks_a_note = target.startswith("#") and _NOTE_MARK.fullmatch(text.strip())
    return "" if marks_a_note or not NOT_TEXT.isdisjoint(classes) else text


def _quotation(content: Any) -> str:
    opening, closing = ("\u2018", "\u2019") if content[0]["t"] == "SingleQuote" else ("\u201c", "\u201d")
    return opening + inline_text(content[1]) + closing


def _image_texts(nodes: Any) -> Iterator[str]:
    """What stands for the pictures of a paragraph that has nothing else, also inside links."""
    for node in nodes:
        if node["t"] == "Image":
            yield _folded(node["c"][1])
        elif node["t"] in ("Link", "Span"):
            yield from _image_texts(node["c"][1])


def _second(content: Any) -> str:
    return inline_text(content[1])


_BLOCKS: dict[str, Callable[[Any], Iterator[Block]]] = {
    "Para": _paragraphs,
    "Plain": _paragraphs,
    "Header": lambda content: iter([Block(kind="heading", text=_folded(content[2]))]),
    "BlockQuote": _quoted,
    "CodeBlock": lambda content: iter([Block(kind="code", text=content[1])]),
    "LineBlock": lambda content: iter([lines.verse([inline_text(line) for line in content])]),
    "BulletList": _listed,
    "OrderedList": lambda content: _listed(content[1]),
    "DefinitionList": _defined,
    "HorizontalRule": lambda _: iter([Block(kind="rule", text="")]),
    "Div": _division,
    "Figure": _figure,
    "Table": _table,
    "RawBlock": _raw,
}
_INLINES: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys(("Emph", "Underline", "Strong", "Strikeout", "Superscript", "Subscript", "SmallCaps"), inline_text),
    **dict.fromkeys(("Cite", "Span"), _second),
    **dict.fromkeys(("Space", "SoftBreak"), lambda _: " "),
    **dict.fromkeys(("Note", "Image"), lambda _: ""),
    **dict.fromkeys(("Code", "Math"), lambda content: str(content[1])),
    "Str": str,
    "LineBreak": lambda _: "\n",
    "Link": _link,
    "Quoted": _quotation,
    "RawInline": lambda content: "\n" if re.match(r"<br\b", content[1], re.IGNORECASE) else "",
}
