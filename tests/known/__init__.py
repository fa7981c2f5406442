"""Answers whose right verdict is known beforehand: cases without a training, and trainings whose answers are kept."""
