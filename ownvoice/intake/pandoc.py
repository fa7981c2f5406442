"""Reads documents with pandoc: Word, OpenDocument, RTF, EPUB, HTML and Markdown, each into blocks of plain text.

pandoc runs sandboxed: it reads what it is given on its standard input, and no other file.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from ownvoice.intake.documents import Block, UnreadableDocument

Format = Literal["docx", "odt", "rtf", "epub", "html", "gfm-yaml_metadata_block"]
TIMEOUT_SECONDS = 60.0  # a document of 300 pages takes 3 s
INSTALL = 'this format needs a reader that is not installed: pip install "ownvoice[formats]"'
Node = dict[str, Any]
QUOTES = {"SingleQuote": ("\u2018", "\u2019"), "DoubleQuote": ("\u201c", "\u201d")}


def read_blocks(content: bytes, form: Format) -> tuple[Block, ...]:
    """The document's blocks, in order; footnotes are left out.

    Raises:
        UnreadableDocument: pandoc is not installed, can't read it, or takes too long.
    """
    command = [_pandoc(), "--sandbox", "--from", form, "--to", "json", "+RTS", "-M1g", "-RTS"]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=TIMEOUT_SECONDS, check=True)
    except subprocess.TimeoutExpired:
        raise UnreadableDocument(f"it takes longer than {TIMEOUT_SECONDS:.0f} s to read: save it as text") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        raise UnreadableDocument(
            f"damaged, or not what its name says ({said[-1] if said else 'no reason given'})"
        ) from None
    return tuple(block for block in _blocks(json.loads(done.stdout)["blocks"]) if block.text or block.kind == "rule")


def _pandoc() -> str:
    try:
        import pypandoc  # noqa: PLC0415 - an extra: other formats are read without it
    except ImportError:
        raise UnreadableDocument(INSTALL) from None
    return str(pypandoc.get_pandoc_path())


def _blocks(nodes: Iterable[Node]) -> Iterator[Block]:
    for node in nodes:
        yield from _of(node["t"], node.get("c"))


def _of(kind: str, content: Any) -> Iterator[Block]:
    """The blocks of one node of pandoc's document (pandoc-types, Text.Pandoc.Definition)."""
    match kind:
        case "Para" | "Plain":
            yield from _paragraph(content)
        case "Header":
            yield Block(kind="heading", text=_line(content[2]))
        case "BlockQuote":
            yield from (block.model_copy(update={"kind": "quote"}) for block in _blocks(content))
        case "BulletList":
            yield from _items(content)
        case "OrderedList":
            yield from _items(content[1])
        case "DefinitionList":
            yield from (
                block
                for term, items in content
                for block in (Block(kind="list item", text=_line(term)), *_items(items))
            )
        case "LineBlock":
            yield Block(kind="verse", text="\n".join(_line(line) for line in content))
        case "CodeBlock":
            yield Block(kind="code", text=content[1].strip())
        case "Figure":
            yield Block(kind="caption", text=" ".join(block.text for block in _blocks(content[1][1])))
        case "Table":
            yield Block(kind="table", text=" ".join(_texts_in(content)))
        case "HorizontalRule":
            yield Block(kind="rule", text="")
        case "Div":
            yield from _blocks(content[1])


def _paragraph(inlines: list[Node]) -> Iterator[Block]:
    """A picture alone in a paragraph is its caption."""
    alone = [node for node in inlines if node["t"] not in ("Space", "SoftBreak", "LineBreak")]
    if alone and all(node["t"] == "Image" for node in alone):
        yield Block(kind="caption", text=" ".join(_line(node["c"][1]) for node in alone) or "a picture")
    else:
        yield Block(kind="paragraph", text=_line(inlines))


def _items(items: Iterable[list[Node]]) -> Iterator[Block]:
    for item in items:
        for block in _blocks(item):
            yield block.model_copy(update={"kind": "list item"}) if block.kind == "paragraph" else block


def _line(inlines: Iterable[Node]) -> str:
    return " ".join("".join(map(_inline, inlines)).split())


def _inline(node: Node) -> str:
    """Plain text: emphasis goes, a link keeps its words, a footnote and a picture in the text go."""
    kind: str = node["t"]
    content: Any = node.get("c")
    match kind:
        case "Str":
            return str(content)
        case "Space" | "SoftBreak" | "LineBreak":
            return " "
        case "Code" | "Math":
            return str(content[1])
        case "Note" | "Image" | "RawInline":
            return ""
        case "Quoted":
            left, right = QUOTES[content[0]["t"]]
            return f"{left}{''.join(map(_inline, content[1]))}{right}"
        case "Link" | "Span" | "Cite":
            return "".join(map(_inline, content[1]))
        case _:
            return "".join(map(_inline, content)) if isinstance(content, list) else ""


def _texts_in(value: Any) -> Iterator[str]:
    """Every word in a part of the document, for a list of what was taken out."""
    if isinstance(value, dict) and value.get("t") == "Str":
        yield str(value["c"])
    elif isinstance(value, dict):
        yield from _texts_in(value.get("c"))
    elif isinstance(value, list):
        yield from (text for item in value for text in _texts_in(item))
