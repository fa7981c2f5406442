"""Says what a run's figures mean: answers to the log's questions, signs, next steps."""
