"""Phrases that belong to a web page or to an assistant and not to an essay."""

from __future__ import annotations

import re

_SUBSCRIBE = (
    r"\b(?:please|don'?t forget to|make sure (?:to|you)) subscribe\b|\bsubscribe (?:now|today|below|here)\b"
    r"|\bsubscribe to (?:my|our|the|this) (?:\w+ )?(?:channel|newsletter|blog|list|podcast|page|magazine|site)\b"
)
_CLICK = r"\b(?:click|tap) (?:here|below|(?:on )?(?:the|this) (?:link|button|image|banner))\b"
_FOLLOW = r"\bfollow (?:me|us) on\b|\b(?:like|share|follow),? (?:and|&) (?:subscribe|share|follow)\b"
_COMMENT = r"\b(?:in the comments|leave (?:a|your) comments?|comments? (?:section )?below|let (?:me|us) know in)\b"
_BUY = r"\b(?:(?:buy|order|book|register|shop|donate|download|enrol?l) (?:it |yours |your copy )?(?:now|today|here)\b|free trial)"
_VISIT = r"\b(?:visit|check out) (?:my|our) (?:\w+ )?(?:website|web site|blog|page|channel|shop|store|site)\b"
_SIGN_UP = r"\b(?:sign up (?:for (?:my|our|the|a free)|now|today|here)|join (?:my|our) (?:newsletter|mailing list|community))\b"
_CALL = re.compile("|".join((_SUBSCRIBE, _CLICK, _FOLLOW, _COMMENT, _BUY, _VISIT, _SIGN_UP)), re.IGNORECASE)

_OPENER = (
    r"\A\W*(?:sure|certainly|absolutely|of course|great question)\b(?: thing)?[!,.:]*\s+"
    r"(?:here(?:'s| is| are)|i can|i'?d be|i'?m happy|i am happy|let me)\b"
)
_HERE_IS = r"\bhere(?:'s| is| are)\b[^.\n]{0,40}\b(?:essay|draft|sample|paragraph|version|rewrite)\b"
_MACHINE = r"\bas an? (?:ai|artificial intelligence|(?:large )?language model|virtual assistant)\b|\bi(?:'m| am) (?:just )?an? (?:ai|language model|chatbot)\b"
_OFFER = (
    r"\b(?:i hope (?:this|that) helps|let me know if you|feel free to (?:ask|reach out)|how can i (?:help|assist))\b"
)
_BLANK = r"\[(?:your|insert|name|date|city|company|topic|author|recipient)\b[^\]\n]{0,40}\]"
_TASK = r"\b(?:write|writing|written|compose|craft) (?:a|an|the|this|my|your) (?:short |personal |\d+-word )?essay\b|\bthis is a personal essay\b"
_IN_ESSAY = r"\A[^.!?\n]{0,200}\b(?:this|the|my|an?)(?: \w+){0,3} essay (?:will|on the topic|about this topic)\b"
_FURNITURE = re.compile("|".join((_OPENER, _HERE_IS, _MACHINE, _OFFER, _BLANK, _TASK, _IN_ESSAY)), re.IGNORECASE)


def call_to_action(text: str) -> re.Match[str] | None:
    """ "Subscribe to", "click here", "follow me on": the reader is asked for something other than to read."""
    return _CALL.search(text.replace("\u2019", "'"))


def chat_furniture(text: str) -> re.Match[str] | None:
    """An assistant speaks: "Sure, here is an essay", "As an AI", "[Your Name]", or of the task itself."""
    return _FURNITURE.search(text.replace("\u2019", "'"))
