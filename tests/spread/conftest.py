"""The tiny model of the flow tests; nothing else of theirs, whose Prefect server is another one."""

from tests.flow.conftest import tiny_model as tiny_model
