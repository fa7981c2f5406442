"""Reads what a writer has: folders and files in any of the formats, each file once, and nothing written.

A file that can't be read is one line with its reason, and the others are read all the same.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import yaml
from frontmatter.default_handlers import YAMLHandler

from ownvoice.intake.archives import MEBIBYTE, open_zip
from ownvoice.intake.documents import Block, Document, Reading, Skipped, UnreadableDocument, Written
from ownvoice.intake.exports import Post, posts_of_ghost, posts_of_wordpress, posts_of_zip
from ownvoice.intake.mail import read_mail, read_mailbox
from ownvoice.intake.pandoc import INSTALL, Format, read_blocks
from ownvoice.intake.plain_text import decode, paragraphs_of_plain_text

LARGEST_TEXT, LARGEST_DOCUMENT, LARGEST_EXPORT = 5 * MEBIBYTE, 20 * MEBIBYTE, 300 * MEBIBYTE
LOCKED_OFFICE = b"\xd0\xcf\x11\xe0"  # Word writes a locked .docx as an OLE file, which is no zip
OFFICE: dict[str, tuple[Format, str]] = {
    ".docx": ("docx", "Word"),
    ".odt": ("odt", "OpenDocument"),
    ".rtf": ("rtf", "RTF"),
    ".epub": ("epub", "EPUB"),
}
SAVE_AS = {".doc": ".docx", ".pages": ".docx", ".wps": ".docx", ".pdf": ".docx or .txt, from the program that made it"}
NO_TEXT = frozenset(
    ".png .jpg .jpeg .gif .webp .svg .heic .tiff .bmp .mp3 .wav .m4a .mp4 .mov .avi .css .js .ico .woff .woff2 .ttf".split()  # noqa: SIM905 - one line, not twenty
)

Found = Document | Skipped


def read_sources(sources: Sequence[Path]) -> Reading:
    """All documents of the files and folders, in the order of their names."""
    found = list(_found_in(sources))
    return Reading(
        documents=tuple(each for each in found if isinstance(each, Document)),
        skipped=tuple(each for each in found if isinstance(each, Skipped)),
    )


def _found_in(sources: Sequence[Path]) -> Iterator[Found]:
    passed_over: Counter[str] = Counter()
    seen: set[Path] = set()
    for source in sources:
        for file in _files_of(source):
            place = file.resolve()
            if place in seen:
                continue
            seen.add(place)
            if file.suffix.lower() in NO_TEXT:
                passed_over[file.suffix.lower()] += 1
            else:
                yield from _read(file, str(file.relative_to(source.parent) if file != source else file.name))
    for suffix, number in sorted(passed_over.items()):
        yield Skipped(source=f"{number} file{'s' * (number != 1)} {suffix}", reason="no text in it")


def _files_of(source: Path) -> Iterator[Path]:
    """The file; or all of a folder but hidden ones and links that lead out of it."""
    if not source.is_dir():
        yield source
        return
    root = source.resolve()
    for file in sorted(source.rglob("*")):
        hidden = any(part.startswith((".", "__")) for part in file.relative_to(source).parts)
        if not hidden and file.is_file() and file.resolve().is_relative_to(root):
            yield file


def _read(file: Path, name: str) -> Iterator[Found]:
    try:
        yield from _documents(file, name)
    except UnreadableDocument as error:
        yield Skipped(source=name, reason=str(error))
    except OSError as error:
        yield Skipped(source=name, reason=f"it can't be opened: {error.strerror}")


def _documents(file: Path, name: str) -> Iterator[Found]:
    suffix = file.suffix.lower()
    readers: dict[str, Callable[[bytes], Written]] = {
        ".md": _markdown,
        ".markdown": _markdown,
        ".txt": lambda content: Written(blocks=paragraphs_of_plain_text(decode(content))),
        ".html": _web_page,
        ".htm": _web_page,
        ".eml": read_mail,
    }
    forms = {".md": "Markdown", ".markdown": "Markdown", ".txt": "plain text", ".eml": "mail"}
    if suffix in readers:
        yield _document(name, _content(file, LARGEST_TEXT), readers[suffix], forms.get(suffix, "web page"))
    elif suffix in OFFICE:
        yield _office(name, _content(file, LARGEST_DOCUMENT), suffix)
    elif suffix == ".mbox":
        yield from _mails(name, read_mailbox(_content(file, LARGEST_EXPORT)))
    elif suffix in (".zip", ".xml", ".json"):
        yield from _export(name, _content(file, LARGEST_EXPORT), suffix)
    elif suffix in SAVE_AS:
        raise UnreadableDocument(f"{suffix} can't be read: save it as {SAVE_AS[suffix]}")
    else:
        raise UnreadableDocument("a format that is not known: save it as .docx, .md or .txt")


def _content(file: Path, largest: int) -> bytes:
    size = file.stat().st_size
    if size == 0:
        raise UnreadableDocument("an empty file of no bytes")
    if size > largest:
        raise UnreadableDocument(f"{size / MEBIBYTE:,.1f} MiB, where {largest // MEBIBYTE} are the most: split it")
    return file.read_bytes()


def _document(name: str, content: bytes, read: Callable[[bytes], Written], form: str) -> Document:
    written = read(content)
    if not any(block.text.strip() for block in written.blocks):
        raise UnreadableDocument("no text in it")
    return _as_document(name, content, written, form)


def _as_document(name: str, content: bytes, written: Written, form: str) -> Document:
    digest = hashlib.sha256(content).hexdigest()
    return Document(source=name, sha256=digest, format=form, **dict(written))


def _markdown(content: bytes) -> Written:
    """With the front matter of a blog, of a pair file, or none; a heading at the top is the title."""
    text = decode(content)
    handler = YAMLHandler()
    values: dict[str, object] = {}
    if handler.detect(text):
        try:
            front, rest = handler.split(text)
            loaded = handler.load(front)
            values, text = (loaded if isinstance(loaded, dict) else {}), rest
        except (ValueError, yaml.YAMLError):
            raise UnreadableDocument("its front matter can't be read: mend the lines between --- and ---") from None
    blocks = read_blocks(text.encode(), "gfm-yaml_metadata_block")
    title = str(values.get("topic") or values.get("title") or "").strip()
    if not title and blocks and blocks[0].kind == "heading":
        title = blocks[0].text
    tags = values.get("tags")
    return Written(
        title=title,
        subtitle=str(values.get("subtitle") or ""),
        date=str(values.get("date") or "")[:10],
        tags=tuple(map(str, tags)) if isinstance(tags, list) else (),
        blocks=blocks,
    )


def _office(name: str, content: bytes, suffix: str) -> Document:
    form, shown = OFFICE[suffix]
    if content.startswith(LOCKED_OFFICE):
        raise UnreadableDocument("locked by a password: save it without one")
    if suffix != ".rtf":
        with open_zip(content):  # bombs and passwords are told before pandoc opens it
            pass
    elif not content.startswith(b"{\\rtf"):
        raise UnreadableDocument("not RTF, whatever its name says: save it again")
    return _document(name, content, lambda given: _titled(read_blocks(given, form)), shown)


def _titled(blocks: tuple[Block, ...]) -> Written:
    """A heading at the very top is the title."""
    title = blocks[0].text if blocks and blocks[0].kind == "heading" else ""
    return Written(title=title, blocks=blocks)


def _web_page(content: bytes) -> Written:
    """The article alone: menus and footers are none of hers."""
    try:
        import trafilatura  # noqa: PLC0415 - an extra
    except ImportError:
        raise UnreadableDocument(INSTALL) from None
    page = decode(content)
    article = trafilatura.extract(page, output_format="html", include_comments=False, include_tables=False)
    if not article:
        raise UnreadableDocument("no article in it: save the text as a document")
    about = trafilatura.extract_metadata(page)
    title = (about.title if about else "") or ""
    return Written(title=title, date=(about.date if about else "") or "", blocks=read_blocks(article.encode(), "html"))


def _mails(name: str, mails: Iterable[bytes]) -> Iterator[Found]:
    number = 0
    for number, content in enumerate(mails, 1):
        place = f"{name}: message {number}"
        try:
            yield _document(place, content, read_mail, "mail")
        except UnreadableDocument as error:
            yield Skipped(source=place, reason=str(error))
    if not number:
        raise UnreadableDocument("no mail in it: a mailbox begins with a line From")


def _export(name: str, content: bytes, suffix: str) -> Iterator[Found]:
    if suffix == ".zip":
        with open_zip(content) as archive:
            posts = posts_of_zip(archive)
            if posts is None:
                raise UnreadableDocument(
                    "a zip that is no export of Substack or Medium: unpack it, and give its folder"
                )
            yield from (_post(name, post) for post in posts)
    else:
        yield from (_post(name, post) for post in (posts_of_wordpress if suffix == ".xml" else posts_of_ghost)(content))


def _post(name: str, post: Post) -> Found:
    place = f"{name}: {post.place}"
    if post.written is None:
        return Skipped(source=place, reason=post.skipped)
    if not any(block.text.strip() for block in post.written.blocks):
        return Skipped(source=place, reason="no text in it")
    return _as_document(place, post.content, post.written, post.form)
