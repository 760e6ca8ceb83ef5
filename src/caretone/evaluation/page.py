"""The evaluation as one HTML page that needs nothing else: tables, and curves as inline SVG."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from caretone.errors import CaretoneError
from caretone.evaluation.bias import LARGEST_CHANGE, LARGEST_FLIPS, SwapBias
from caretone.evaluation.curves import ToneCurves
from caretone.evaluation.metrics import Evaluation
from caretone.evaluation.run import WHOLE
from caretone.tones import LABELS, TONES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TENTHS = [tenth / 10 for tenth in range(1, 10)]

_COLOURS = {"--ink": "#010203", "--line": "#010204"} | {f"--{tone}": f"#01020{n}" for n, tone in enumerate(TONES, 5)}
"""Which colour stands for which of the page's: matplotlib knows no CSS variables, so they are put in afterwards."""

_DASHES: dict[str, Any] = dict(zip(TONES, ("solid", (0, (6, 2)), (0, (2, 1.5))), strict=True))
_MARKERS = dict(zip(TONES, "osD", strict=True))

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # texts stay texts
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "both",
    "grid.color": _COLOURS["--line"],
    "legend.frameon": False,
    "legend.handlelength": 3,
    **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), _COLOURS["--ink"]),
    "axes.edgecolor": _COLOURS["--line"],
}


_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def evaluation_page(
    evaluations: Mapping[str, Evaluation], *, facts: Mapping[str, str] | None = None, swaps: Sequence[SwapBias] = ()
) -> str:
    """Show evaluations as a page of HTML.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation
        What `evaluate_messages` gives; the curves are those of ``all`` messages.
    facts : mapping of str to str, optional
        What else to say at the top, such as which model was measured on what.
    swaps : sequence of SwapBias, optional
        What `bias` gives.

    Returns
    -------
    str
        The page: without scripts, without anything to be loaded, without any message's text.

    Raises
    ------
    CaretoneError
        If matplotlib or Jinja2 is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from caretone.evaluation import evaluate
    >>> present = np.eye(4, 3, dtype=int)
    >>> page = evaluation_page({"all": evaluate(present, present * 0.8 + 0.1, [0.5] * 3, n_bootstrap=10)})
    >>> page.count("<svg"), "<script" in page
    (3, False)
    """
    try:
        import matplotlib  # noqa: F401
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError as error:
        raise CaretoneError(
            "a page needs matplotlib and Jinja2; install them with: pip install 'caretone[report]'"
        ) from error
    whole = evaluations[WHOLE]
    environment = Environment(
        loader=PackageLoader("caretone", "evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("evaluation.html.j2").render(
        facts=facts or {},
        whole=whole,
        parts={name: evaluation for name, evaluation in evaluations.items() if name != WHOLE},
        plots=list(_plots(whole)),
        swaps=swaps,
        largest_change=LARGEST_CHANGE,
        largest_flips=LARGEST_FLIPS,
        tones=TONES,
        labels=LABELS,
    )


def _plots(whole: Evaluation) -> Iterator[dict[str, Any]]:
    """Give each plot with what it shows in words, and as a table for those who do not see it."""
    yield {
        "id": "precision-recall",
        "name": "Precision against recall",
        "says": "How many of the messages said to carry a tone do, and how many of those that do are found, as the "
        "threshold falls from left to right. The mark is the model's own threshold.",
        "svg": _svg("precision-recall", whole, _draw_precision_recall),
        "columns": ["recall", *TONES],
        "rows": _tenth_rows(whole, lambda curves: _precision_at(curves.precision_recall)),
    }
    yield {
        "id": "reliability",
        "name": "Reliability",
        "says": "Of the messages that are given some probability, the share that carries the tone. A model that knows "
        "how sure it may be keeps to the diagonal.",
        "svg": _svg("reliability", whole, _draw_reliability),
        "columns": ["tone", "mean probability", "share carrying it", "messages"],
        "rows": [
            [tone, f"{probability:.2f}", f"{share:.2f}", f"{messages:,}"]
            for tone, curves in whole.curves.items()
            for probability, share, messages in zip(*curves.reliability.values(), strict=True)
        ],
    }
    yield {
        "id": "f1-by-threshold",
        "name": "F1 by threshold",
        "says": "The F1 that another threshold would have brought on these messages. The mark is the model's own.",
        "svg": _svg("f1-by-threshold", whole, _draw_f1),
        "columns": ["threshold", *TONES],
        "rows": _tenth_rows(whole, lambda curves: dict(zip(*curves.f1_by_threshold.values(), strict=True))),
    }


def _tenth_rows(whole: Evaluation, of_curves: Callable[[ToneCurves], Mapping[float, float]]) -> list[list[str]]:
    columns = [of_curves(curves) for curves in whole.curves.values()]
    return [
        [f"{tenth:.1f}", *(f"{column[tenth]:.2f}" if tenth in column else "–" for column in columns)]
        for tenth in _TENTHS
    ]


def _precision_at(curve: Mapping[str, Sequence[float]]) -> dict[float, float]:
    """Give the precision at the first point that reaches each tenth of recall."""
    points = list(zip(curve["recall"], curve["precision"], strict=True))
    return {tenth: next(precision for recall, precision in points if recall >= tenth) for tenth in _TENTHS if points}


def _draw_precision_recall(axes: Axes, whole: Evaluation) -> None:
    for tone, curves in whole.curves.items():
        line = curves.precision_recall
        _draw(axes, tone, line["recall"], line["precision"])
        figures = whole.tones[tone]
        _mark(axes, tone, figures["recall"].value, figures["precision"].value)
    axes.set(xlabel="recall", ylabel="precision")
    axes.legend(loc="lower left")


def _draw_reliability(axes: Axes, whole: Evaluation) -> None:
    axes.plot([0, 1], [0, 1], color=_COLOURS["--ink"], linewidth=0.8)
    for tone, curves in whole.curves.items():
        _draw(axes, tone, curves.reliability["probability"], curves.reliability["share"], marker=_MARKERS[tone])
    axes.set(xlabel="mean probability given", ylabel="share that carries the tone")
    axes.legend(loc="upper left")


def _draw_f1(axes: Axes, whole: Evaluation) -> None:
    for tone, curves in whole.curves.items():
        _draw(axes, tone, curves.f1_by_threshold["threshold"], curves.f1_by_threshold["f1"])
        _mark(axes, tone, curves.threshold, whole.tones[tone]["f1"].value)
    axes.set(xlabel="threshold", ylabel="F1")
    axes.legend(loc="lower center")


def _draw(axes: Axes, tone: str, x: Iterable[float], y: Iterable[float], marker: str = "") -> None:
    axes.plot(
        list(x), list(y), color=_COLOURS[f"--{tone}"], linestyle=_DASHES[tone], marker=marker, label=tone, linewidth=2
    )


def _mark(axes: Axes, tone: str, x: float, y: float) -> None:
    axes.plot([x], [y], color=_COLOURS[f"--{tone}"], marker=_MARKERS[tone], markersize=8)


def _svg(name: str, whole: Evaluation, draw: Callable[[Axes, Evaluation], None]) -> str:
    """Draw a plot as SVG that can stand inside a page, in the page's colours."""
    from markupsafe import Markup
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    written = io.StringIO()
    with rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(4.6, 4), layout="constrained")
        axes = figure.add_subplot(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        draw(axes, whole)
        figure.savefig(written, format="svg", transparent=True, metadata=_NO_METADATA)
    svg = written.getvalue()
    svg = svg[svg.index("<svg") :].replace("<svg ", f'<svg role="img" aria-labelledby="{name}" ', 1)
    svg = re.sub("<style.*?</style>", "", svg, flags=re.DOTALL)  # would reach the whole page
    svg = re.sub('<g id="[^"]*"', "<g", svg)  # the same in every plot
    svg = re.sub('font-family: [^;"]*', "font-family: inherit", svg)
    for variable, colour in _COLOURS.items():
        svg = svg.replace(colour, f"var({variable})")
    return Markup(svg)  # of numbers and our own names only
