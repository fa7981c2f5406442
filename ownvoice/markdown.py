"""Puts untrusted text into Markdown: what a model or a file says is shown, and never becomes structure.

Two places exist: a fenced block, which keeps the text as it is, and inline prose or a table cell, where the
text is collapsed to one line and escaped. Both show invisible characters instead of passing them on.
"""

from __future__ import annotations

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_OUR_MARKER = re.compile(r"<!--(?=\s*ownvoice:)")
_FENCE_CHARACTERS = re.compile(r"`+|~+")
_SPECIAL = re.compile(r"[\\`*\[\]|~#$]|(?<![^\W_])_|_(?![^\W_])")  # an underscore inside a word is plain
_STARTS_A_BLOCK = re.compile(r"^(?=[-+=])|^(\d{1,9})(?=[.)](?:\s|$))")
_NOT_PLAIN = re.compile(r"[^\x20-\x7e\n\t]")  # what is plain ASCII needs no look
_LINK = re.compile(r"(?<=\w)://|(?<=\bwww)\.", re.IGNORECASE)
# Joiners shape emoji and Persian, the soft hyphen is layout: they hide nothing.
_HARMLESS_FORMATTING = frozenset("\u200c\u200d\u00ad")


class Markdown(str):
    """Text that is Markdown already: the renderer leaves it alone."""

    __slots__ = ()


def fenced(text: str) -> Markdown:
    """The text in full in a fenced block, under a fence longer than any run of backticks or tildes in it.

    Our own markers are the one thing that even a fence can't hold harmless, because the logbook looks for them
    line by line: they get a backslash.
    """
    shown = _OUR_MARKER.sub(r"<!\\--", show_invisible(_LINE_ENDS.sub("\n", text)))
    longest = max((len(run) for run in _FENCE_CHARACTERS.findall(shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markdown(f"{fence}text\n{shown}\n{fence}")


def inline(text: str, limit: int = 400) -> Markdown:
    """The text as plain words inside a line or a table cell: one line, at most `limit` characters, escaped."""
    line = one_line(text, limit)
    return Markdown(_STARTS_A_BLOCK.sub(lambda match: (match[1] or "") + "\\", _escaped(line)))


def one_line(text: str, limit: int) -> str:
    """The text on one line, as it is seen: for places that know no Markdown."""
    return shortened(show_invisible(" ".join(_LINE_ENDS.sub("\n", text).split())), limit)


def code_span(text: str) -> Markdown:
    """The text as inline code; backticks, which would end it, become apostrophes."""
    line = show_invisible(" ".join(text.split())).replace("`", "'")
    return Markdown("`" + line.replace("<!--", "<!\\--") + "`")


def prose_with_commands(text: str) -> Markdown:
    """Escape a sentence and keep its `commands` as inline code."""
    parts = re.split(r"(`[^`]+`)", show_invisible(" ".join(text.split())))
    return Markdown("".join(code_span(part[1:-1]) if part.startswith("`") else _escaped(part) for part in parts))


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a space where one is near, with an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut) + "…"


def show_invisible(text: str) -> str:
    """Replace control, bidirectional, tag and lone surrogate characters by something that can be seen."""
    return _NOT_PLAIN.sub(lambda match: _visible(match[0]), text)


def _escaped(line: str) -> str:
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = _SPECIAL.sub(lambda match: "\\" + match[0], line)
    return _LINK.sub(lambda match: "\\" + match[0], line)  # GitHub makes a link of a bare address


def _visible(character: str) -> str:
    if character in _HARMLESS_FORMATTING:
        return character
    category = unicodedata.category(character)
    if category == "Cs":  # can't be written as UTF-8 at all
        return "\N{REPLACEMENT CHARACTER}"
    if category == "Cc" and ord(character) < 32:
        return chr(0x2400 + ord(character))  # the control pictures, such as ␀ and ␛
    return f"[U+{ord(character):04X}]" if category in ("Cc", "Cf") else character
