"""The report: one page that needs nothing but itself, and in which a model's text stays text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser

import pytest

from ownvoice.markdown import show_invisible
from ownvoice.records.analysis import OwnPassage, OwnWords
from ownvoice.records.run import RunRecord, SeedRun
from ownvoice.report.entry.in_short import in_short
from ownvoice.report.page.page import MOST_IN_FULL, PAGE_BYTES, render_report
from ownvoice.report.page.words import TERMS, gist_of, sentence
from ownvoice.series.record import SeriesRecord
from tests.unit.records_for_tests import failed_record_for_tests, record_for_tests
from tests.unit.report.pages_for_tests import HOSTILE, blind_test, every_result, example, hostile_run, series_of
from tests.unit.series.test_overfit import look

OURS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "a",
        "header",
        "nav",
        "main",
        "footer",
        "article",
        "section",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "p",
        "ul",
        "li",
        "dl",
        "dt",
        "dd",
        "div",
        "strong",
        "b",
        "code",
        "mark",
        "span",
        "blockquote",
        "figure",
        "figcaption",
        "details",
        "summary",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    ]
)
OF_A_DRAWING = frozenset({"svg", "title", "desc", "defs", "g", "path", "use", "text", "rect", "clippath", "line"})
VOID = frozenset({"meta"})


class Read(HTMLParser):
    """A page as a browser takes it apart."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def headings(self) -> list[int]:
        return [int(tag[1]) for tag in self.tags if re.fullmatch("h[1-6]", tag)]


def read(runs: Sequence[RunRecord], series: Sequence[SeriesRecord] = ()) -> Read:
    page = render_report(runs, series)
    assert len(page.encode()) < PAGE_BYTES
    found = Read(page)
    assert not found.open
    return found


def assert_sound(page: Read) -> None:
    """What any report holds to."""
    assert set(page.tags) <= OURS | OF_A_DRAWING
    names = {name for name, _ in page.attributes}
    assert not any(name.startswith("on") or name in ("style", "src", "srcset", "action") for name in names)
    addresses = [value for name, value in page.attributes if name == "href"]
    assert all(value.startswith(("#", "../runs/", "../series/")) for value in addresses)
    assert {value[1:] for value in addresses if value.startswith("#")} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(deeper <= higher + 1 for higher, deeper in zip(page.headings, page.headings[1:], strict=False))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_whatever_a_model_wrote_stays_text(text: str) -> None:
    page = read([hostile_run(text)])
    assert_sound(page)
    assert show_invisible(text[:60]) in page.text
    assert show_invisible(page.text) == page.text
    assert ("Cut here: the answer goes on, 10," in page.text) == (len(text) > 1_000_000)


def test_and_so_do_all_of_them_beside_each_other() -> None:
    page = read([hostile_run(text, number) for number, text in enumerate(HOSTILE.values(), start=1)])
    assert_sound(page)
    assert all(show_invisible(text[:60]) in page.text for text in HOSTILE.values())
    assert show_invisible(page.text) == page.text


def test_the_check_of_soundness_can_fail() -> None:
    for fault in ("<script></script>", "<p onclick=x></p>", "<a href='http://127.0.0.1'></a>", "<h4>skips</h4>"):
        with pytest.raises(AssertionError):
            assert_sound(Read(f"<h1>Report</h1><h2>x</h2>{fault}"))


def test_the_same_record_gives_the_same_page() -> None:
    runs = [example(), record_for_tests(2)]
    assert render_report(runs) == render_report(runs)


def test_a_run_says_its_verdict_and_how_far_to_trust_it_before_anything_else() -> None:
    page = read([example()])
    assert_sound(page)
    text = " ".join(page.text.split())
    said = [
        "Did smollm2-135m learn your voice?",
        sentence(in_short(example()).verdict),
        f"How far to trust it. {in_short(example()).trust}",
        "It rests on 24 answers to 12 topics, from one training",
        "The model learned from 3 essays, which is little",
        "No placebo was trained",
        "Where the answers lie",
        "What it wrote",
        "Loss by epoch",
    ]
    places = [text.index(each) for each in said]
    assert places == sorted(places)
    assert page.tags.count("svg") == 2
    assert ("href", "../runs/1-smoke-test-smollm2-135m/record.json") in page.attributes


def test_a_passage_of_hers_stands_beside_the_answers() -> None:
    record = example()
    assert record.analysis is not None
    passage = OwnPassage(
        essay_id="e", topic="Lunch <b>boxes</b>", text="I was nine (nobody <i>asked</i>), and I ate it."
    )
    analysis = record.analysis.model_copy(update={"own_words": OwnWords(canaries={"A": passage})})
    ours = record.model_copy(update={"analysis": analysis})
    for runs in ([ours], [ours, ours.model_copy(update={"number": 2})]):
        page = read(runs)
        assert_sound(page)
        assert page.text.count("You, on “Lunch <b>boxes</b>”") == 1
        assert "[aside: (nobody <i>asked</i>)]" in page.text


def test_a_blind_test_of_the_run_stands_before_the_figures() -> None:
    test = blind_test("Anna <script>")
    page = read([example().model_copy(update={"blind_tests": (test,)})])
    assert_sound(page)
    assert "Blind test by Anna <script>" in page.text
    assert page.text.index("Read without labels") < page.text.index("Where the answers lie")
    assert "Read without labels" not in read([example()]).text


def test_a_term_is_explained_once_and_before_it_is_used_in_a_table() -> None:
    page = read([example(), record_for_tests(2)])
    meanings = [meaning for _, meaning in TERMS.values()]
    told = [meaning for meaning in meanings if page.text.count(meaning) == 1]
    assert all(page.text.count(meaning) <= 1 for meaning in meanings)
    assert TERMS["z"][1] in told
    assert page.text.index(TERMS["z"][1]) < page.text.index("Nearer to you than untuned (z)")


def test_a_run_that_failed_says_where_it_stopped() -> None:
    page = read([failed_record_for_tests()])
    assert_sound(page)
    assert sentence(in_short(failed_record_for_tests()).verdict) in page.text
    assert "needs 27.9 GiB" in page.text


def test_every_kind_of_series_is_drawn_with_its_tables() -> None:
    runs = [record_for_tests(1), record_for_tests(2)]
    plots = {"scale-up": 2, "overfit-diagnostic": 3, "compare": 1, "sweep": 1, "base-or-instruct": 2}
    without = read(runs).tags.count("svg")
    for result in every_result():
        page = read(runs, [series_of(result)])
        assert_sound(page)
        assert page.tags.count("svg") == without + plots[result.kind], result.kind
        assert result.conclusion in page.text


def test_the_onset_of_memorising_is_a_span() -> None:
    diagnostic = next(result for result in every_result() if result.kind == "overfit-diagnostic")
    assert "Shaded: known by heart, from 2 to 4." in read([record_for_tests(1)], [series_of(diagnostic)]).text
    training = record_for_tests(1).training
    assert training is not None
    looked = training.model_copy(update={"looks": (look(2, 3), look(4, 64))})
    page = read([record_for_tests(1, training=looked)])
    assert "That began between epoch 2 and 4, the shaded span." in page.text


def test_a_conclusion_is_opened_by_its_first_sentence_without_figures() -> None:
    sweep = next(result for result in every_result() if result.kind == "sweep")
    assert gist_of(series_of(sweep)) == "None leads."


def test_settings_that_differ_stand_beside_each_other_and_others_do_not() -> None:
    record = record_for_tests(1)
    changed = record.model_copy(update={"number": 2, "settings": record.settings | {"training.epochs": "77"}})
    page = " ".join(read([record, changed]).text.split())
    table = page[page.index("Settings that these runs don't share") : page.index("Run 1: did")]
    assert "training.epochs 3 77" in table
    assert "training.learning_rate" not in table
    assert "Settings that differ" not in read([record, record.model_copy(update={"number": 2})]).text


def test_ten_runs_stand_in_full_under_the_limit_and_further_ones_in_the_table() -> None:
    runs = [example().model_copy(update={"number": number}) for number in range(1, MOST_IN_FULL + 3)]
    page = read(runs)
    assert_sound(page)
    assert page.ids.count(f"run-{MOST_IN_FULL}") == 1
    assert f"run-{MOST_IN_FULL + 1}" not in page.ids
    assert "and 2 more in the table" in page.text
    assert f"Run {MOST_IN_FULL + 2}" in page.text


def test_an_untuned_model_that_runs_share_answers_once() -> None:
    runs = [example(), example().model_copy(update={"number": 2})]
    text = runs[0].baseline.outputs.outputs[0].text[:60] if runs[0].baseline.outputs else ""
    page = read(runs)
    assert page.text.count(text) == 1
    assert "Not repeated here: untuned, as in Run 1" in page.text


def test_of_several_trainings_the_trust_is_another() -> None:
    record = example()
    assert record.figures is not None
    assert record.figures.distances is not None
    distances = record.figures.distances.model_copy(update={"trainings": 3})
    figures = record.figures.model_copy(update={"distances": distances})
    assert record.analysis is not None
    assert record.analysis.findings is not None
    findings = record.analysis.findings.model_copy(update={"figures": figures})
    analysis = record.analysis.model_copy(update={"findings": findings})
    page = read([record.model_copy(update={"analysis": analysis, "seeds": (SeedRun(seed=14), SeedRun(seed=15))})])
    assert "from 3 trainings that differ only in their random start" in page.text
