"""The words that survive the mask: the closed classes of English, which carry grammar and not topic.

By class as in Quirk et al., A Comprehensive Grammar of the English Language (1985), chapters 2 and 5 to 9:
a word is here when its class takes no new members. Written out, so that the mask is the same everywhere.
"""

from __future__ import annotations


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
