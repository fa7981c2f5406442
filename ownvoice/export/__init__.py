"""A run's tuned model for other programs: weights, adapter, GGUF, a Modelfile and a model card, as one folder."""
