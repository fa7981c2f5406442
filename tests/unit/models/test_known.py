"""The table of known models holds together."""

from __future__ import annotations

import pytest

from ownvoice.models.known import KNOWN_MODELS, KNOWN_SHAPES


@pytest.mark.parametrize("model", KNOWN_MODELS, ids=lambda model: model.name)
def test_the_sizes_of_every_known_model_add_up_to_its_parameters(model) -> None:  # type: ignore[no-untyped-def]
    assert KNOWN_SHAPES[model.name].parameters == model.parameters


def test_the_table_holds_each_name_once_with_one_source() -> None:
    assert len({model.name for model in KNOWN_MODELS}) == len(KNOWN_MODELS)
    sources = [[model.packages, model.hub_id, model.made] for model in KNOWN_MODELS]
    assert all(sum(map(bool, each)) == 1 for each in sources)
