"""Documents of word processors and books: .docx, .odt, .rtf and .epub."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from ownvoice.intake.archives import ENCRYPTED, members, open_zip, repacked
from ownvoice.intake.dates import iso_date
from ownvoice.intake.documents import Block, Contents, Skipped
from ownvoice.intake.originals import Found, Original, Unreadable, document
from ownvoice.intake.pandoc import TOO_MUCH, convert, syntax_tree
from ownvoice.intake.syntax import Node, blocks_of, leading_heading, meta_text

PAGES = (".xhtml", ".html", ".htm")
TEXT_PARTS = ("mimetype", ".xml", ".rels", ".opf", ".ncx", *PAGES)
"""What carries text in such a file; pictures, most of its bytes, are handed on empty: their captions hang on them."""
WORD_FORMAT = "docx+styles"
"""With the names of styles: `Caption` is one."""
_DELIMITER = re.compile(rb"(?<!\\)(\\u-?\d{1,5})(?=[^\s\\{}\d])")


def read_word(original: Original) -> Iterator[Found]:
    yield document(original, "Word", _indents_are_no_quotes(convert(repacked(_text_parts(original)), WORD_FORMAT)))


def read_open_document(original: Original) -> Iterator[Found]:
    parts = _text_parts(original)
    if any(part.name == "META-INF/manifest.xml" and b"encryption-data" in part.content for part in parts):
        raise Unreadable(ENCRYPTED)
    yield document(original, "OpenDocument", _indents_are_no_quotes(convert(repacked(parts), "odt")))


def read_rtf(original: Original) -> Iterator[Found]:
    """RTF, with a blank after each \\uN: pandoc 3.9 takes two characters for the one that stands in for it."""
    content = _DELIMITER.sub(rb"\1 ", original.content)
    yield document(original, "RTF", convert(content, "rtf"))


def read_epub(original: Original) -> Iterator[Found]:
    """A document for each chapter that has prose."""
    parts = _text_parts(original)
    if any(part.name == "META-INF/encryption.xml" and _encrypts_pages(part.content) for part in parts):
        raise Unreadable("protected against copying: export the book as .docx from what you wrote it with")
    pages = {PurePosixPath(part.name).name: part for part in parts if part.name.lower().endswith(PAGES)}
    try:
        yield from _chapters(original, syntax_tree(repacked(parts), "epub"), pages)
    except RecursionError:
        raise Unreadable(TOO_MUCH) from None


def _text_parts(original: Original) -> list[Original]:
    """The parts that carry text, the others empty; a file with a part that can't be trusted is not read at all."""
    found = list(members(original, _carries_text))
    for part in found:
        if isinstance(part, Skipped):
            raise Unreadable(f"{part.source.removeprefix(original.source)[2:]} in it: {part.reason}")
    with open_zip(original) as opened:
        others = [name for name in opened.namelist() if not _carries_text(name) and not name.endswith("/")]
    return [part for part in found if isinstance(part, Original)] + [original.part(name, b"") for name in others]


def _carries_text(name: str) -> bool:
    return name.lower().endswith(TEXT_PARTS)


def _indents_are_no_quotes(contents: Contents) -> Contents:
    """pandoc takes an indented paragraph for a quotation; where all are indented, none is one."""
    kinds = {block.kind for block in contents.blocks}
    if "paragraph" in kinds or "quote" not in kinds:
        return contents
    blocks = [Block(kind="paragraph", text=block.text) if block.kind == "quote" else block for block in contents.blocks]
    return contents.model_copy(update={"blocks": tuple(blocks)})


def _encrypts_pages(encryption: bytes) -> bool:
    """Fonts are often scrambled, which is no matter."""
    return any(f'{suffix}"'.encode() in encryption.lower() for suffix in PAGES)


def _chapters(original: Original, tree: Node, pages: dict[str, Original]) -> Iterator[Found]:
    found = False
    for name, nodes in _by_page(tree["blocks"], pages):
        blocks = blocks_of(nodes)
        if any(block.kind in ("paragraph", "verse", "quote") and _has_letters(block) for block in blocks):
            found = True
            part = original.part(name, pages[name].content)
            title = leading_heading(nodes, deepest=6)
            date = iso_date(meta_text(tree["meta"], "date"))
            yield document(part, "EPUB chapter", Contents(title=title, date=date, blocks=blocks))
    if not found:
        raise Unreadable("no chapter with prose in it: look whether it opens, or give the text it was made from")


def _by_page(nodes: Sequence[Node], pages: dict[str, Original]) -> Iterator[tuple[str, list[Node]]]:
    """pandoc puts an empty paragraph with the page's name before each page."""
    name, page = "", list[Node]()
    for node in nodes:
        marked = _page_mark(node)
        if marked in pages:
            if name:
                yield name, page
            name, page = marked, []
        else:
            page.append(node)
    if name:
        yield name, page


def _page_mark(node: Node) -> str:
    match node:
        case {"t": "Para", "c": [{"t": "Span", "c": [[str(name), _, _], []]}]}:
            return name
    return ""


def _has_letters(block: Block) -> bool:
    return any(letter.isalpha() for letter in block.text)
