"""What the worker does with a request: one model at a time, loaded once and kept between requests."""

from __future__ import annotations

import torch

from ownvoice.canaries import generate_outputs
from ownvoice.conversion import convert_gguf
from ownvoice.device import Arithmetic, choose_arithmetic, choose_device
from ownvoice.loading import LoadedModel, load_model, load_tuned
from ownvoice.records import Outputs, TrainingResult
from ownvoice.requests import ConvertRequest, GenerateRequest, Progress, Request, TrainRequest
from ownvoice.training import train
from ownvoice.worker import Report

# Texts of allocation failures that arrive as a plain RuntimeError: the CPU allocator, cuBLAS, cuDNN.
ALLOCATION_FAILURES = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)


class Workbench:
    """Holds the model of the last request, so that baseline, training and tuned answers load it once."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._device = choose_device()
        self._arithmetic: Arithmetic = choose_arithmetic(self._device)
        self._loaded: LoadedModel | None = None
        self._holds: tuple[str, str | None] | None = None

    def answer(self, request: Request) -> Outputs | TrainingResult | None:
        match request:
            case ConvertRequest():
                convert_gguf(request, self._report)
                return None
            case GenerateRequest():
                loaded = self._model(request.model_folder, request.weights)
                stage = "baseline answers" if request.weights is None else "tuned answers"
                return generate_outputs(loaded, request, self._arithmetic, stage, self._report)
            case TrainRequest():
                return self._train(request)

    def _train(self, request: TrainRequest) -> TrainingResult:
        loaded = self._model(request.model_folder, None)
        self._holds = None  # from here on the weights are neither the baseline's nor finished
        trained = train(loaded, request, self._arithmetic, self._report)
        self._loaded, self._holds = trained.loaded, (request.model_folder, trained.result.weights.path)
        return trained.result

    def _model(self, folder: str, weights: str | None) -> LoadedModel:
        if self._loaded is None or self._holds != (folder, weights):
            self._loaded = self._holds = None  # the old one must be gone before the new one comes
            self._report(Progress(stage="loading the model", done=0, total=1, unit="model"))
            loaded = load_model(folder, self._device) if weights is None else load_tuned(folder, weights, self._device)
            self._report(Progress(stage="loading the model", done=1, total=1, unit="model"))
            self._loaded, self._holds = loaded, (folder, weights)
        return self._loaded


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out: torch's own, Python's, or an allocator's RuntimeError."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in ALLOCATION_FAILURES)
