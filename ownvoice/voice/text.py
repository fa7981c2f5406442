"""Turns a text into what the measures read: typography made the same for all, sentences of tokens, and the mask.

The mask keeps function words and punctuation, which carry grammar; of every other word it keeps the ending, so that
no measure sees what a text is about."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

# In order: single quotes and accents typed for them; double quotes; em dashes; hyphens; invisible characters.
_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc`\xb4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\xab\xbb", '"'),
        **dict.fromkeys("\u2014\u2015\u2e3a", "--"),
        **dict.fromkeys("\u2010\u2011", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\ufeff", ""),
        "\u2026": "...",
        "\u2013": "--",
    }
)
_REPLACEMENTS = (
    (re.compile(r"\r\n?|[\u2028\u2029\v\f]"), "\n"),
    (re.compile(r"(?<=\d)--(?=\d)"), "-"),  # an en dash in 1914-18 is no aside
    (re.compile(r"(?<=\s)-(?=\s)|-{2,}"), "--"),
    (re.compile(r"\.(?: \.){2,}|\.{3,}"), "..."),
    (re.compile(r"''"), '"'),
    (re.compile(r"^[ \t]*(?:#{1,6}|>|[-*+])[ \t]+", re.MULTILINE), ""),  # Markdown's headings, quotes and lists
    (re.compile(r"[*_~]+"), ""),  # emphasis
)
_LINE_BREAK_IN_PARAGRAPH = re.compile(r"[ \t]*\n[ \t]*")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_RUN = re.compile(r"\S+")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


def normalise_typography(text: str) -> str:
    """Straight quotes, `--` for dashes, `...` for ellipses, no markup; letters composed (NFC)."""
    text = unicodedata.normalize("NFC", text).translate(_CHARACTERS)
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    return text


def split_paragraphs(text: str) -> list[str]:
    """Blocks between blank lines; a text without blank lines has its lines as paragraphs."""
    text = text.strip()
    blocks = _BLANK_LINE.split(text) if _BLANK_LINE.search(text) else text.split("\n")
    return [_LINE_BREAK_IN_PARAGRAPH.sub(" ", block).strip() for block in blocks if block.strip()]


def count_words(text: str) -> int:
    """Words between spaces; a lone dash is none."""
    return sum(1 for _ in _words(text))


def first_words(text: str, words: int) -> str:
    """The text up to and with its word number `words`; line breaks stay."""
    for count, match in enumerate(_words(text), start=1):
        if count == words:
            return text[: match.end()]
    return text


def pieces_of(text: str, words: int) -> list[str]:
    """The text in pieces of `words` words; what is left over goes where it makes fewer than half a piece."""
    starts = [match.start() for match in _words(text)][::words]
    pieces = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    if len(pieces) > 1 and 2 * count_words(pieces[-1]) < words:
        pieces.pop()
    return pieces or [text]


def _words(text: str) -> Iterator[re.Match[str]]:
    return (match for match in _RUN.finditer(text) if _LETTER_OR_DIGIT.search(match.group()))


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


DETERMINERS = word_set("""a an the this that these those each every either neither some any no all both half such what which
whose another other others much many more most little less least few fewer fewest several enough own same""")
PRONOUNS = word_set("""i me my mine myself you your yours yourself yourselves he him his himself she her hers herself it its
itself we us our ours ourselves they them their theirs themselves thou thee thy thine ye one oneself who whom whoever
whomever whatever whichever someone somebody something anyone anybody anything everyone everybody everything nobody
nothing none""")
PREPOSITIONS = word_set("""about above across after against along amid among amongst around as at before behind below beneath
beside besides between beyond but by concerning despite down during except for from in inside into like near of off on
onto opposite out outside over past per regarding round since than through throughout till to toward towards under
underneath unlike until unto up upon versus via with within without""")
CONJUNCTIONS = word_set("""and or nor yet so if unless because although though whereas while whilst whether lest once when
whenever where wherever whence whither wherein whereby whereof whereupon provided""")
AUXILIARIES = word_set("""am is are was were be been being have has had having do does did doing done can could may might must
shall should will would ought need dare used hast hath doth dost art wast shalt wilt cannot let get gets got""")
ADVERBS = word_set("""not never ever always often sometimes seldom rarely usually again already still just only even also too
very quite rather almost nearly hardly scarcely barely merely simply really indeed perhaps maybe however therefore thus
hence moreover furthermore nevertheless nonetheless otherwise instead meanwhile then now here there today soon later
away back far how why well together apart else anyway somehow somewhere anywhere everywhere nowhere hitherto thereby
therein thereof thereupon hereafter yes oh ah please thing things way""")
ABBREVIATIONS = word_set("e.g. i.e. etc vs")

FUNCTION_WORDS = DETERMINERS | PRONOUNS | PREPOSITIONS | CONJUNCTIONS | AUXILIARIES | ADVERBS | ABBREVIATIONS
NEGATED = word_set("do does did is are was were have has had ca could wo would should must might need ai sha ought")
CONTRACTED = word_set("'s 're 've 'd 'll 'm")
SENTENCE_OPENERS = CONJUNCTIONS | word_set("but for as since until")


_TOKEN = re.compile(
    r"(?P<url>(?:https?://|www\.)\S+)"
    r"|(?P<number>[$£€]?\d+(?:[.,:/]\d+)*(?:st|nd|rd|th|s)?\b%?)"
    r"|(?P<word>(?:[^\W\d_]\.){2,}|[^\W\d_]+(?:'[^\W\d_]+)*)"
    r"|(?P<mark>\.\.\.|--|[.,;:!?\"'()\[\]/&-])"
)
# Endings that carry grammar or register; the longest that leaves three letters is kept.
ENDINGS = sorted(
    word_set("""ing ings ed er ers est ly ness tion tions sion sions ment ments ity ities ance ence ancy ency able ible ful less
    ous ive ives al ic ical ism ist ists ish ship hood dom ise ize ised ized ify ate ates ated ary ory en s"""),
    key=len,
    reverse=True,
)
_SHORTEST_STEM = 3
_ENDS_SENTENCE = frozenset((".", "!", "?", "..."))
_CLOSES = frozenset(('"', "'", ")", "]"))
_OPENS = frozenset(('"', "'", "(", "[", "--"))
_NO_END_AFTER = word_set("mr mrs ms dr st prof rev col capt gen hon jr sr vol fig cf vs")


class Token(NamedTuple):
    text: str
    """As written, with typography normalised."""
    masked: str
    is_word: bool
    """A word or a number; else punctuation."""


Sentence = tuple[Token, ...]


class _Raw(NamedTuple):
    kind: str
    text: str
    spaced: bool


@lru_cache(maxsize=256)
def tokenize(text: str) -> tuple[tuple[Sentence, ...], ...]:
    """Paragraphs of sentences of tokens. What is no letter, number or kept mark is dropped.

    Each measure asks it of the same answers anew.
    """
    paragraphs = (_sentences(block) for block in split_paragraphs(normalise_typography(text)))
    return tuple(paragraph for paragraph in paragraphs if paragraph)


def _sentences(block: str) -> tuple[Sentence, ...]:
    raw = [
        _Raw(match.lastgroup or "", match.group(), block[match.start() - 1 : match.start()].isspace())
        for match in _TOKEN.finditer(block)
    ]
    sentences, start = [], 0
    for end in _sentence_ends(raw):
        sentences.append(_mask_sentence(raw[start:end]))
        start = end
    return tuple(sentence for sentence in sentences if any(token.is_word for token in sentence))


def _sentence_ends(raw: list[_Raw]) -> list[int]:
    ends, place = [], 0
    while place < len(raw):
        token = raw[place]
        place += 1
        if token.text not in _ENDS_SENTENCE or _is_abbreviation(raw, place - 1):
            continue
        while place < len(raw) and (
            raw[place].text in _ENDS_SENTENCE or (raw[place].text in _CLOSES and not raw[place].spaced)
        ):
            place += 1
        if place < len(raw) and _begins_sentence(raw[place : place + 3]):
            ends.append(place)
    return [*ends, len(raw)]


def _is_abbreviation(raw: list[_Raw], place: int) -> bool:
    if place == 0 or raw[place].text != "." or raw[place - 1].kind != "word":
        return False
    before = raw[place - 1].text
    return before.lower() in _NO_END_AFTER or (len(before) == 1 and before.isupper() and before != "I")


def _begins_sentence(following: list[_Raw]) -> bool:
    if not following[0].spaced:
        return False
    for token in following:
        if token.text not in _OPENS:
            return token.kind in ("number", "url") or token.text[0].isupper()
    return False


def _mask_sentence(raw: list[_Raw]) -> Sentence:
    tokens, inside = [], False
    for kind, text, _ in raw:
        if kind == "mark":
            tokens.append(Token(text, text, False))
            continue
        masked = mask_word(text, inside) if kind == "word" else "#" if kind == "number" else "*"
        tokens.append(Token(text, masked, True))
        inside = True
    return tuple(tokens)


@lru_cache(maxsize=50_000)
def mask_word(word: str, inside_sentence: bool) -> str:
    """`the` stays, `don't` stays, `Walking` becomes `*ing`, `Darwin's` inside a sentence `^*'s`."""
    lower = word.lower()
    base, apostrophe, tail = lower.rpartition("'")
    if lower in FUNCTION_WORDS or _is_contraction(base, tail):
        return lower
    contracted = apostrophe + tail if apostrophe + tail in CONTRACTED else ""
    stem = base if contracted else lower
    ending = next((e for e in ENDINGS if stem.endswith(e) and len(stem) - len(e) >= _SHORTEST_STEM), "")
    return ("^" if inside_sentence and word[0].isupper() else "") + "*" + ending + contracted


def _is_contraction(base: str, tail: str) -> bool:
    return (base in FUNCTION_WORDS and f"'{tail}" in CONTRACTED) or (
        tail == "t" and base.endswith("n") and base[:-1] in NEGATED | {"ca"}
    )


MaskedSentence = tuple[str, ...]


def mask_text(text: str) -> tuple[MaskedSentence, ...]:
    """Sentences of masked tokens, in order; the same text always gives the same sentences."""
    return mask_sentences(sentence for paragraph in tokenize(text) for sentence in paragraph)


def mask_sentences(sentences: Iterable[Sentence]) -> tuple[MaskedSentence, ...]:
    return tuple(tuple(token.masked for token in sentence) for sentence in sentences)


def is_masked_word(token: str) -> bool:
    """Whether a masked token stands for a word or a number; else it is punctuation."""
    return token[0] in "*^#" or token[0].isalpha()


def cut_sentences(sentences: Sequence[MaskedSentence], words: int) -> tuple[MaskedSentence, ...]:
    """The first sentences with `words` words in all; the last one ends where the words do."""
    kept: list[MaskedSentence] = []
    left = words
    for sentence in sentences:
        places = [place for place, token in enumerate(sentence) if is_masked_word(token)]
        if len(places) >= left:
            return (*kept, sentence[: places[left - 1] + 1]) if left else tuple(kept)
        kept.append(sentence)
        left -= len(places)
    return tuple(kept)


def function_word_share(sentences: Iterable[MaskedSentence]) -> float:
    """Share of the words that the mask left as they were: English prose lies about one half, other languages far below."""
    words = [token for sentence in sentences for token in sentence if is_masked_word(token)]
    return sum(1 for word in words if word[0] not in "*^#") / len(words) if words else 0.0


# One text of 40 words is told from another author's 3 times in 4, six together 9 in 10; with 20 words 2 in 3 and 8 in
# 10 (characters and shape, 3 references, 20 authors: AUC .75, .91, .68, .82).
FEWEST_WORDS = 40
# First 40 words of 425 English texts of two registers: .30 to .70. German, French, Spanish, Italian, Dutch and
# Portuguese prose: .02 to .14.
SMALLEST_SHARE = 0.25


def why_unreadable(text: str) -> str | None:
    """None for a text that can be measured; else the reason in words."""
    return why_unscorable(mask_text(text))


def why_unscorable(sentences: Sequence[MaskedSentence]) -> str | None:
    """None for a masked text that can be measured; else the reason in words."""
    words = sum(1 for sentence in sentences for token in sentence if is_masked_word(token))
    if not words:
        return "empty: no word in it"
    if words < FEWEST_WORDS:
        return f"too short: {words} word{'s' * (words > 1)}; the measures need {FEWEST_WORDS}"
    share = function_word_share(sentences)
    if share < SMALLEST_SHARE:
        return (
            f"not English prose: {share:.0%} of its words are English function words, "
            f"where English prose has 30% or more; the measures know English only"
        )
    return None
