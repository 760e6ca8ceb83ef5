"""Train a classifier on labelled messages: features, search, calibration and thresholds, folding."""

from caretone.training.classifier import CareToneClassifier
from caretone.training.run import TrainingResult, train

__all__ = ["CareToneClassifier", "TrainingResult", "train"]
