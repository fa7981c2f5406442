"""The names of a run's folder, `3-smoke-test-smollm2-135m`, and of what lies in it."""

from __future__ import annotations

import re

from ownvoice.records import RunRecord
from ownvoice.report.picture import PICTURE_NAME


def folder_name(record: RunRecord) -> str:
    return f"{record.number}-{record.config.phase}-{slug(record.config.model)}"


def picture_path(record: RunRecord) -> str:
    """The drawing of the VOICE axis, from the artifacts folder, where the logbook stands."""
    return f"runs/{folder_name(record)}/{PICTURE_NAME}"


def slug(model: str) -> str:
    """A model's name as part of a folder's name: `owner/name` and local paths give their last part."""
    parts = [part for part in re.split(r"[/\\]+", model) if part.strip(". ")]
    name = re.sub(r"[^a-z0-9.]+", "-", parts[-1].lower() if parts else "").strip("-.")
    return name[:60].rstrip("-.") or "model"
