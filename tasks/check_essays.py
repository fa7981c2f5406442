"""Reads and checks the essays, the canaries and the probes, then those of other writers; every problem is told at once.

What was checked is laid where the worker maps it."""

from __future__ import annotations

from prefect import task
from prefect.logging import get_run_logger

from ownvoice.config import ExperimentConfig
from ownvoice.essays.check import check_pairs
from ownvoice.essays.others import check_others as check_against
from ownvoice.essays.saved import laid_for_worker, laid_others
from ownvoice.models.prompt_format import reading_of
from ownvoice.records.essays import CheckedOthers, CheckedPairs
from ownvoice.records.model import ModelInfo
from tasks.reporting import show_check


@task(name="Check the essays")
def check_essays(config: ExperimentConfig, info: ModelInfo) -> CheckedPairs:
    checked = check_pairs(config, reading_of(info))
    show_check(checked)
    return laid_for_worker(checked, config.prompt.instruction, info)


@task(name="Check the other writers")
def check_others(config: ExperimentConfig, own: CheckedPairs, info: ModelInfo) -> CheckedOthers:
    others = check_against(config, own, reading_of(info))
    for placebo in others.placebos:
        for note in placebo.checked.notes:
            get_run_logger().info(f"{placebo.writer}: {note}")
    return laid_others(others, config.prompt.instruction, info)
