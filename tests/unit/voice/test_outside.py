"""Of an author's essays, those that were trained on are told by their text; the others were held out."""

from __future__ import annotations

import pytest

from ownvoice.errors import VoiceError
from ownvoice.voice.answer_files import Answers
from ownvoice.voice.material import ModelTexts
from ownvoice.voice.outside import PlaceboAuthor, material_from
from ownvoice.voice.results import Essay

AUTHOR = [Essay(id=name, text=f"The {name} essay.\n\nIt has a second paragraph.") for name in ("one", "two", "three")]
NOBODY = ModelTexts(canaries=(), probes=())
ANSWERS = Answers(baseline=NOBODY, tuned=(NOBODY,))


def split_of(trained: list[Essay]) -> tuple[list[str], list[str]]:
    material = material_from(AUTHOR, trained, ANSWERS)
    assert list(material.essays) == AUTHOR
    return [essay.id for essay in material.training], [essay.id for essay in material.held_out]


def test_what_was_not_trained_on_was_held_out_whatever_the_files_are_called() -> None:
    trained = [Essay(id="copy", text="The three  essay. It has a second paragraph."), AUTHOR[0]]
    assert split_of(trained) == (["one", "three"], ["two"])


def test_all_may_have_been_trained_on() -> None:
    assert split_of(AUTHOR) == (["one", "two", "three"], [])


def test_an_essay_of_which_a_part_was_trained_on_was_not_held_out() -> None:
    assert split_of([Essay(id="part", text="The two essay.")]) == (["part"], ["one", "three"])


def test_a_text_of_nobody_is_refused_by_its_name() -> None:
    with pytest.raises(VoiceError, match="stranger, empty") as refused:
        split_of([AUTHOR[0], Essay(id="stranger", text="Another's."), Essay(id="empty", text="")])
    assert "--author" in refused.value.remedy


def test_placebos_are_of_the_writers_that_are_told_or_of_another_writer() -> None:
    answers = ANSWERS.model_copy(update={"placebos": ((NOBODY,), (NOBODY, NOBODY))})
    others = [PlaceboAuthor(name, (Essay(id="1", text=name),)) for name in ("columnist", "newsletter")]
    told = material_from(AUTHOR, AUTHOR, answers, others).placebos
    assert [(each.writer, each.essays[0].text, len(each.models)) for each in told] == [
        ("columnist", "columnist", 1),
        ("newsletter", "newsletter", 2),
    ]
    untold = material_from(AUTHOR, AUTHOR, answers).placebos
    assert [(each.writer, each.essays) for each in untold] == [("writer 1", ()), ("writer 2", ())]
    with pytest.raises(VoiceError, match="writers of placebos: 1, files of their answers: 2"):
        material_from(AUTHOR, AUTHOR, answers, others[:1])
