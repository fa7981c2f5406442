"""What a run's figures say: answers to the log's questions, signs, next steps."""
