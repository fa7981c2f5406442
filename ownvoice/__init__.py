"""ownvoice: fine-tune a language model on a writer's essays and measure whether the voice moved."""

__version__ = "0.2.0"
