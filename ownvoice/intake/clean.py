"""Takes out of a document what is not her prose: code, captions, navigation, subscribe lines, quoted replies, signatures.

Everything that is taken out is kept in a list, so that she can see it. Her own refrains go as well: a sentence that ends
every essay would read as memorised where it was learned.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ownvoice.frozen import Frozen
from ownvoice.intake.documents import Block, Document
from ownvoice.text import words_of

MAIL = "mail"
NOT_PROSE = {"code": "a code block", "caption": "an image caption", "table": "a table", "heading": "a heading"}
# A plea to subscribe, a menu or a signature is short; a paragraph that mentions newsletters is not.
SHORT_WORDS = 40
# A refrain stands word for word in this many documents at least, and in this share of them.
REFRAIN_DOCUMENTS, REFRAIN_SHARE = 3, 0.2
SIGNATURE = re.compile(r"^--\s*$")
QUOTED_BELOW = re.compile(
    r"^(?:-{2,}\s*(?:original message|forwarded message)|on .{4,80} wrote:$|from: .+|begin forwarded message)",
    re.IGNORECASE | re.DOTALL,
)
SALUTATION = re.compile(
    r"^(?:dear|hi|hello|hey|good (?:morning|afternoon|evening))\b[^.!?\n]{0,40}[,!]?$", re.IGNORECASE
)
CLOSING = re.compile(
    r"^(?:(?:best|kind|warm)(?: regards| wishes)?|regards|yours|yours (?:sincerely|truly|faithfully)|sincerely|cheers|love|"
    r"all the best|many thanks|thanks|thank you|sent from my \w+)\b[^.?]{0,40}$",
    re.IGNORECASE,
)
SUBSCRIBE = re.compile(
    r"\b(?:(?:un)?subscribe|sign up|newsletter|upgrade to paid|leave a comment|share this (?:post|article)|"
    r"thanks for reading|forward(?:ed)? this|view (?:this|it)? ?in (?:your|a) browser|read (?:more|the rest) (?:at|on)|"
    r"follow me on|find me on|patreon|buy me a coffee|like and share|become a (?:member|patron)|"
    r"all rights reserved|originally published (?:at|in|on))\b|^(?:©|\(c\)) ?\d{4}",
    re.IGNORECASE,
)
NAVIGATION = re.compile(
    r"^(?:home|menu|search|skip to content|older posts?|newer posts?|previous(?: post)?|next(?: post)?|back to top|"
    r"posted (?:in|on|by)\b.*|filed under\b.*|tags?:.*|categories:.*|share:?|←.*|.*→)$",
    re.IGNORECASE,
)


class Removed(Frozen):
    """Something that was taken out."""

    source: str
    what: str
    """'a subscribe line'."""
    text: str


class Cleaned(Frozen):
    """A document's prose."""

    document: Document
    paragraphs: tuple[str, ...]
    removed: tuple[Removed, ...]

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)

    @property
    def words(self) -> int:
        return len(self.text.split())


def clean_all(documents: Iterable[Document]) -> tuple[Cleaned, ...]:
    """Each document's prose, without what stands in many of them."""
    cleaned = tuple(clean(document) for document in documents)
    refrains = find_refrains(cleaned)
    return tuple(_without(each, refrains) for each in cleaned)


def clean(document: Document) -> Cleaned:
    """One document's prose. A first heading that is the title goes without a word."""
    kept: list[str] = []
    removed: list[Removed] = []
    for block, reason in _judged(document):
        if reason is None:
            kept.append(block.text)
        elif reason:
            removed.append(Removed(source=document.source, what=reason, text=block.text))
    return Cleaned(document=document, paragraphs=tuple(kept), removed=tuple(removed))


def find_refrains(cleaned: Sequence[Cleaned]) -> frozenset[str]:
    """Paragraphs, as words, that stand in many documents."""
    least = max(REFRAIN_DOCUMENTS, REFRAIN_SHARE * len(cleaned))
    counts = Counter(words for each in cleaned for words in {_as_words(text) for text in each.paragraphs} if words)
    return frozenset(words for words, number in counts.items() if number >= least)


def _judged(document: Document) -> Iterator[tuple[Block, str | None]]:
    """Each block, and why it goes: None where it stays, nothing where it goes without a word."""
    is_mail, below = document.format == MAIL, ""
    for block in document.blocks:
        text = block.text.strip()
        if is_mail and not below:
            below = "a signature" if SIGNATURE.match(text) else "a quoted reply" if QUOTED_BELOW.match(text) else ""
        if not text or block.kind == "rule" or (block.kind == "heading" and text == document.title):
            yield block, ""
        else:
            yield block, below or _reason(block.model_copy(update={"text": text}), is_mail)


def _reason(block: Block, is_mail: bool) -> str | None:
    if block.kind in NOT_PROSE:
        return NOT_PROSE[block.kind]
    if is_mail and block.kind == "quote":
        return "a quoted reply"
    if len(block.text.split()) > SHORT_WORDS:
        return None
    if NAVIGATION.match(block.text) or _is_menu(block.text):
        return "navigation"
    if SUBSCRIBE.search(block.text):
        return "a subscribe line"
    if is_mail and SALUTATION.match(block.text):
        return "a salutation"
    return "a closing" if is_mail and CLOSING.match(block.text) else None


def _is_menu(text: str) -> bool:
    """'Home | About | Archive': three entries or more of a few words each."""
    entries = re.split(r"\s*[|·•»]\s*", text)
    return len(entries) >= 3 and all(len(entry.split()) <= 3 for entry in entries)


def _without(each: Cleaned, refrains: frozenset[str]) -> Cleaned:
    here = [text for text in each.paragraphs if _as_words(text) in refrains]
    if not here:
        return each
    gone = tuple(Removed(source=each.document.source, what="a refrain of yours", text=text) for text in here)
    kept = tuple(text for text in each.paragraphs if text not in here)
    return each.model_copy(update={"paragraphs": kept, "removed": (*each.removed, *gone)})


def _as_words(text: str) -> str:
    return " ".join(words_of(text))
