"""Measure models honestly: figures with intervals, comparison, agreement, bias."""

from caretone.evaluation.metrics import Evaluation, evaluate

__all__ = ["Evaluation", "evaluate"]
