"""The scikit-learn estimator: n-gram TF-IDF, one logistic regression a label, strongest sentence, calibration."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import average_precision_score, f1_score
from sklearn.model_selection import GroupKFold, StratifiedKFold
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from caretone.errors import TrainingError
from caretone.training.calibration import best_threshold, fit_platt
from caretone.training.counterfactuals import counterfactuals, tied_words
from caretone.training.distillation import TeacherLabels
from caretone.training.features import SplitMessages
from caretone.training.linear import CountedTask, LinearSettings, message_scores
from caretone.training.recombination import part_of
from caretone.training.task import TrainingTask

FEWEST = 5
"""With fewer messages that carry a label, or that lack it, the label cannot be learnt."""

_STEPS = 2**15 - 1


class CareToneClassifier(ClassifierMixin, BaseEstimator):
    """Tell the tones of texts with a linear model over n-gram TF-IDF features.

    One logistic regression a label is fitted on messages and, with less weight, on their sentences.
    A text's score is a mix of its own and of its strongest sentence's, because a tone is present when
    some sentence carries it. Platt's method turns scores into probabilities, and a threshold a label is
    chosen, both on out-of-fold scores.

    Parameters
    ----------
    C : float or sequence of float, default (0.03, 0.1, 0.3)
        Inverse strength of the L2 penalty; of several the one with the best mean average precision on
        out-of-fold scores is taken.
    sentence_weight : float, default 0.7
        How much the strongest sentence counts against the whole message, 0 to 1.
    sentence_training : float, default 0.25
        The weight of a sentence beside a message in training; 0 trains on messages alone.
    min_df : int, default 3
        In how many sentences an n-gram must occur to be kept.
    subword_weight : float, default 0.25
        The weight of subwords beside word n-grams.
    skip_weight : float, default 0.7
        The weight of skip-bigrams, two words with one to three others between them, beside word n-grams.
    confidence : float, default 1.0
        How much of the log-odds that out-of-fold scores call for is believed, 0 to 1. Below 1 where the
        messages to come are of other writers and places than those trained on: probabilities then are
        less extreme, and thresholds those with the highest expected F1.
    counterfactuals : int, default 0
        How many copies, with other people spoken of, each text that names people is trained with. They
        share its weight, go where it goes in cross-validation, and are never scored. Unless 0, the words
        that name people alike, listed in ``identity_terms.json``, also get the same weight.
    class_weight : {"balanced"} or None, default None
        Whether rare labels weigh more in training, as in scikit-learn.
    cv : int, default 5
        The folds for out-of-fold scores.
    n_jobs : int or None, default None
        How many processes count n-grams and fit, as in joblib.
    random_state : int or None, default 0
        Draws the folds and the copies.
    verbose : bool, default False
        Whether to show progress.

    Attributes
    ----------
    classes_ : ndarray
        The labels: those given, or of a 0/1 matrix the names of its columns or their numbers.
    multilabel_ : bool
        Whether it was fitted on a 0/1 matrix, and so predicts one.
    features_ : NgramTfidf
        The fitted features.
    coef_ : ndarray, shape (n_classes, n_features)
        Coefficients, rounded so that coefficient times ``features_.weights_`` is a multiple of ``step_``.
    intercept_, slopes_, offsets_, thresholds_, priors_ : ndarray, shape (n_classes,)
        Intercepts; the calibration from score to log-odds; thresholds on the probability; the share of
        training messages that carry each label.
    oof_scores_ : ndarray, shape (n_samples, n_classes)
        Out-of-fold scores of the training messages.
    C_ : float
        The penalty taken.
    n_folds_ : int
        How many folds there were.
    step_ : float
        The size of the steps that weights are rounded to, a power of two.

    Examples
    --------
    >>> from caretone import CareToneClassifier
    >>> texts = ["So sorry for your loss", "That is so sad, sorry", "Lunch at noon?", "The build is green"] * 5
    >>> classifier = CareToneClassifier().fit(texts, ["sympathy", "sympathy", "none", "none"] * 5)
    >>> classifier.predict(["sorry for that"]).tolist()
    ['sympathy']
    """

    def __init__(
        self,
        C: float | Sequence[float] = (0.03, 0.1, 0.3),
        *,
        sentence_weight: float = 0.7,
        sentence_training: float = 0.25,
        min_df: int = 3,
        subword_weight: float = 0.25,
        skip_weight: float = 0.7,
        confidence: float = 1.0,
        counterfactuals: int = 0,
        class_weight: str | None = None,
        cv: int = 5,
        n_jobs: int | None = None,
        random_state: int | None = 0,
        verbose: bool = False,
    ) -> None:
        self.C = C
        self.sentence_weight = sentence_weight
        self.sentence_training = sentence_training
        self.min_df = min_df
        self.subword_weight = subword_weight
        self.skip_weight = skip_weight
        self.confidence = confidence
        self.counterfactuals = counterfactuals
        self.class_weight = class_weight
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def fit(
        self,
        X: Sequence[str],
        y: Any,
        sample_weight: Any = None,
        groups: Any = None,
        sentence_labels: Sequence[np.ndarray | None] | None = None,
        teacher: TeacherLabels | None = None,
    ) -> CareToneClassifier:
        """Fit on texts and their labels.

        Parameters
        ----------
        X : sequence of str, length n_samples
            Texts.
        y : array-like, shape (n_samples,) or (n_samples, n_classes)
            One label a text, or a 0/1 matrix with a column a label.
        sample_weight : sequence of float, length n_samples, optional
            Weights of the texts.
        groups : sequence, length n_samples, optional
            Texts of one group, such as an author, are never parted by the folds.
        sentence_labels : sequence, length n_samples, optional
            For each text a 0/1 array of shape (n_sentences, n_classes) that says which sentences carry
            which label, or None where that is not known.
        teacher : TeacherLabels, optional
            Texts that a teacher labelled, with the labels ``classes_``, made of the texts in `X` part by part. Folds
            are then those parts, and none is trained on what was made of a part that it holds out.

        Returns
        -------
        CareToneClassifier
            Itself.

        Raises
        ------
        TrainingError
            If a label has too few texts to learn from, or a teacher comes with groups or other labels.
        """
        texts = as_texts(X)
        present = self._read_labels(y, len(texts))
        _require_enough(present, self.classes_)
        weights = np.ones(len(texts)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        if teacher is not None:
            if groups is not None:
                raise TrainingError(
                    "folds are the parts that a teacher's texts were made of; give no groups beside them"
                )
            if list(teacher.labels) != [str(name) for name in self.classes_]:
                raise TrainingError(
                    f"the teacher knows the labels {', '.join(teacher.labels)},"
                    f" but those of the texts are {', '.join(map(str, self.classes_))}"
                )
            groups = [part_of(text) for text in texts]
        copies = counterfactuals(texts, self.counterfactuals, self.random_state)
        task = TrainingTask.of(texts, present, weights, sentence_labels, self.sentence_training, copies, teacher)
        tied = tied_words() if self.counterfactuals else []
        counted = CountedTask.of(self._linear_settings(), task, tied, self.n_jobs)
        penalties = [float(C) for C in np.atleast_1d(np.asarray(self.C, dtype=float))]
        folds = self._folds(present, groups)
        self.n_folds_ = len(folds)
        fits = [delayed(counted.held_out_scores)(task.without(held), held, penalties) for held in folds]
        fits.append(delayed(counted.fit)(task.without([]), penalties))
        done = Parallel(n_jobs=self.n_jobs, return_as="generator")(fits)
        *held_out, (_, fitted) = _shown(done, len(fits), self.verbose)
        oof = np.empty((len(penalties), *present.shape))
        for held, scores in zip(folds, held_out, strict=True):
            oof[:, held] = scores
        best = int(np.argmax([_mean_average_precision(present, scores, weights) for scores in oof]))
        self.C_, self.oof_scores_ = penalties[best], oof[best]
        coef, intercept = fitted[best]
        self.features_ = counted.features
        self.coef_, self.step_ = _rounded(coef, self.features_.weights_)
        self.intercept_ = intercept
        self._calibrate(present, weights)
        return self

    def decision_function(self, X: Sequence[str]) -> np.ndarray:
        """Give the uncalibrated scores of texts.

        Parameters
        ----------
        X : sequence of str, length n_samples
            Texts.

        Returns
        -------
        ndarray, shape (n_samples, n_classes)
        """
        check_is_fitted(self)
        split = SplitMessages.of(as_texts(X))
        rows = self.features_.transform(split.sentences)
        return message_scores(rows, split.layout, self.coef_, self.intercept_, self.sentence_weight)

    def predict_proba(self, X: Sequence[str]) -> np.ndarray:
        """Give the calibrated probability of each label for texts.

        Each label is judged on its own: for labels that exclude one another the rows need not add up to 1.

        Parameters
        ----------
        X : sequence of str, length n_samples
            Texts.

        Returns
        -------
        ndarray, shape (n_samples, n_classes)
        """
        return expit(self.slopes_ * self.decision_function(X) + self.offsets_)

    def predict(self, X: Sequence[str]) -> np.ndarray:
        """Give the labels of texts.

        Parameters
        ----------
        X : sequence of str, length n_samples
            Texts.

        Returns
        -------
        ndarray, shape (n_samples,) or (n_samples, n_classes)
            In the form that it was fitted on: the likeliest label, or a 0/1 matrix of the labels whose
            probability reaches its threshold.
        """
        probabilities = self.predict_proba(X)
        if self.multilabel_:
            return (probabilities >= self.thresholds_).astype(np.int8)
        return self.classes_[probabilities.argmax(axis=1)]

    def score(self, X: Sequence[str], y: Any, sample_weight: Sequence[float] | None = None) -> float:
        """Give the macro-averaged F1 of the predictions, the figure that caretone is judged by."""
        return float(f1_score(y, self.predict(X), average="macro", sample_weight=sample_weight, zero_division=0.0))

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that this estimator reads texts, and learns one label a text or several."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        tags.classifier_tags.multi_label = True
        return tags

    def _read_labels(self, y: Any, n_samples: int) -> np.ndarray:
        """Set `classes_` and `multilabel_`, and give the labels as a 0/1 matrix."""
        names = getattr(y, "columns", None)
        labels = np.asarray(y)
        if len(labels) != n_samples:
            raise ValueError(f"there are {n_samples} texts but {len(labels)} labels")
        self.multilabel_ = labels.ndim == 2
        if not self.multilabel_:
            self.classes_ = np.unique(labels)
            return (labels[:, None] == self.classes_).astype(np.int8)
        if not np.isin(labels, (0, 1)).all():
            raise ValueError("a matrix of labels must hold only 0 and 1")
        self.classes_ = np.arange(labels.shape[1]) if names is None else np.asarray(names)
        return labels.astype(np.int8)

    def _linear_settings(self) -> LinearSettings:
        return LinearSettings(
            self.min_df,
            self.subword_weight,
            self.skip_weight,
            self.sentence_weight,
            self.class_weight,
            self.random_state,
        )

    def _folds(self, present: np.ndarray, groups: Any) -> list[np.ndarray]:
        """Give the places held out by each fold."""
        if groups is not None:
            folds = min(self.cv, len(set(groups)))
            if folds < 2:
                raise TrainingError("all messages are of one group; cross-validation by group needs two or more")
            return [held for _, held in GroupKFold(folds).split(present, groups=groups)]
        splitter = StratifiedKFold(self.cv, shuffle=True, random_state=self.random_state)
        return [held for _, held in splitter.split(present, _strata(present, self.cv))]

    def _calibrate(self, present: np.ndarray, weights: np.ndarray) -> None:
        """Learn the calibration and the thresholds from out-of-fold scores."""
        platt = [fit_platt(s, y, weights) for s, y in zip(self.oof_scores_.T, present.T, strict=True)]
        self.slopes_, self.offsets_ = self.confidence * np.array(platt).T
        probabilities = expit(self.slopes_ * self.oof_scores_ + self.offsets_)
        expected = present if self.confidence == 1 else probabilities
        self.thresholds_ = np.array(
            [best_threshold(p, e, weights) for p, e in zip(probabilities.T, expected.T, strict=True)]
        )
        self.priors_ = np.average(present, axis=0, weights=weights)


def as_texts(X: Any) -> list[str]:
    """Give the texts as a list, or say which one is no text."""
    if isinstance(X, str | bytes):
        raise TypeError("expected a sequence of texts, not one text; put it into a list")
    texts = list(X)
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"expected every text as a str, but number {place + 1} is {type(text).__name__}")
    return texts


def _shown(parts: Iterable[Any], total: int, verbose: bool) -> Iterable[Any]:
    """Show progress on a terminal while the parts come in."""
    from rich.progress import track

    return track(parts, "cross-validating", total=total, disable=not verbose, transient=True)


def _require_enough(present: np.ndarray, classes: np.ndarray) -> None:
    counts = present.sum(axis=0)
    if present.shape[1] < 2 and present.all():
        raise TrainingError(f"every message carries the label {classes[0]}; there is nothing to tell apart")
    for name, carrying in zip(classes, counts, strict=True):
        lacking = len(present) - carrying
        if min(carrying, lacking) < FEWEST:
            what = "carries" if carrying < lacking else "lacks"
            raise TrainingError(
                f"only {min(carrying, lacking)} of {len(present)} messages {what} {name};"
                f" at least {FEWEST} are needed to learn it"
            )


def _strata(present: np.ndarray, cv: int) -> np.ndarray:
    """Give the combination of labels of each message as a number, rare combinations thrown together."""
    _, strata, counts = np.unique(present, axis=0, return_inverse=True, return_counts=True)
    rare = counts[strata] < cv
    together = -1 if rare.sum() >= cv else counts.argmax()
    return np.where(rare, together, strata)


def _rounded(coef: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, float]:
    """Round coefficients so that coefficient times weight is a whole number of steps of 16 bits."""
    largest = np.abs(coef * weights).max()
    step = 2.0 ** math.ceil(math.log2(max(largest, 1e-9) / _STEPS))
    rounded = np.round(coef * weights / step) * step
    return np.divide(rounded, weights, out=np.zeros_like(coef), where=weights > 0), step


def _mean_average_precision(present: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> float:
    """Average the average precision over the labels."""
    return float(
        np.mean(
            [average_precision_score(y, s, sample_weight=weights) for y, s in zip(present.T, scores.T, strict=True)]
        )
    )
