"""caretone tells sympathy, empathy and compassion apart in text, and says where each one shows.

>>> import caretone
>>> caretone.predict("My dad died in March too, I know that emptiness.").label
'empathy'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from caretone.errors import CaretoneError as CaretoneError
    from caretone.errors import LabelledDataError as LabelledDataError
    from caretone.errors import ModelFileError as ModelFileError
    from caretone.errors import TrainingError as TrainingError
    from caretone.predictor import Evidence as Evidence
    from caretone.predictor import Prediction as Prediction
    from caretone.predictor import Predictor as Predictor
    from caretone.predictor import load as load
    from caretone.predictor import predict as predict
    from caretone.predictor import predict_many as predict_many
    from caretone.tones import LABELS as LABELS
    from caretone.tones import TONES as TONES
    from caretone.training import CareToneClassifier as CareToneClassifier
    from caretone.training import train as train

__version__ = "0.1.0"

_HOME = {
    "CaretoneError": "caretone.errors",
    "LabelledDataError": "caretone.errors",
    "ModelFileError": "caretone.errors",
    "TrainingError": "caretone.errors",
    "Evidence": "caretone.predictor",
    "Prediction": "caretone.predictor",
    "Predictor": "caretone.predictor",
    "load": "caretone.predictor",
    "predict": "caretone.predictor",
    "predict_many": "caretone.predictor",
    "LABELS": "caretone.tones",
    "TONES": "caretone.tones",
    "CareToneClassifier": "caretone.training",
    "train": "caretone.training",
}

__all__ = sorted([*_HOME, "__version__"])


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562), so that importing caretone costs nothing."""
    if name not in _HOME:
        raise AttributeError(f"module 'caretone' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
