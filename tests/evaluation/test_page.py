from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from caretone.errors import CaretoneError
from caretone.evaluation.bias import Gap, SwapBias
from caretone.evaluation.bootstrap import Figure
from caretone.evaluation.metrics import evaluate
from caretone.evaluation.page import evaluation_page
from caretone.tones import TONES

VOID = {"meta", "br", "path", "use"}


class Reader(HTMLParser):
    """Notes the tags and attributes of a page, and whether every tag is closed."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.attributes = [], Counter(), []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def evaluation():
    pytest.importorskip("matplotlib")
    pytest.importorskip("jinja2")
    generator = np.random.default_rng(0)
    present = (generator.random((200, 3)) < 0.4).astype(int)
    probabilities = np.clip(present * 0.3 + generator.random((200, 3)) * 0.7, 0, 1)
    return evaluate(present, probabilities, [0.5] * 3, n_bootstrap=20)


@pytest.fixture(scope="module")
def page(evaluation):
    swap = SwapBias(
        "names & ages",
        True,
        4,
        {tone: Figure(0.06, 0.05, 0.07) for tone in TONES},
        {tone: Gap(0.1, "young", "old") for tone in TONES},
        Figure(0.5, 0.4, 0.6),
    )
    evaluations = {"all": replace(evaluation, seen=7), "forum=<b>x</b>": evaluation}
    return evaluation_page(evaluations, facts={"Messages": "<i>test.csv"}, swaps=[swap])


def test_the_page_is_whole_and_its_plots_are_well_formed(page):
    reader = Reader(page)
    assert reader.open == []
    drawings = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert len(drawings) == 3
    for drawing in drawings:
        ElementTree.fromstring(drawing)


def test_the_page_loads_nothing_and_runs_nothing(page):
    reader = Reader(page)
    assert not {"script", "link", "img", "iframe"} & set(reader.tags)
    addresses = [value for name, value in reader.attributes if name in ("href", "src", "xlink:href")]
    assert all(address.startswith("#") for address in addresses)
    assert "url(http" not in page


def test_no_two_elements_share_an_id_and_every_reference_has_its_target(page):
    ids = Counter(value for name, value in Reader(page).attributes if name == "id")
    assert max(ids.values()) == 1
    assert set(re.findall(r'url\(#([^)]*)\)|href="#([^"]*)"', page)) <= {(i, "") for i in ids} | {("", i) for i in ids}
    assert {value for name, value in Reader(page).attributes if name == "aria-labelledby"} <= set(ids)


def test_plots_follow_the_pages_light_and_dark_colours(page):
    assert "prefers-color-scheme: dark" in page
    drawing = page[page.index("<svg") : page.rindex("</svg>")]
    assert {f"var(--{tone})" for tone in TONES} <= set(re.findall(r"var\([^)]*\)", drawing))
    assert not re.search(r"#[0-9a-f]{6}\b", re.sub(r'"#\w+"|url\(#\w+\)', "", drawing))


def test_each_plot_is_also_there_in_numbers(page, evaluation):
    assert page.count("in numbers</summary>") == 3
    tenths = evaluation.curves["sympathy"].f1_by_threshold
    assert f"{tenths['f1'][tenths['threshold'].index(0.3)]:.2f}" in page


def test_figures_warnings_groups_and_bias_are_shown_and_foreign_names_are_escaped(page, evaluation):
    assert f"{evaluation.overall['macro_f1'].value:.3f}" in page
    assert "training data: 7 of these messages" in page
    assert "forum=&lt;b&gt;x&lt;/b&gt;" in page
    assert "&lt;i&gt;test.csv" in page
    assert "names &amp; ages" in page
    assert "young over old" in page
    assert "exceeded" in page


def test_the_same_evaluation_gives_the_same_page(evaluation):
    assert evaluation_page({"all": evaluation}) == evaluation_page({"all": evaluation})


def test_undefined_figures_and_empty_curves_are_shown_as_such(evaluation):
    present = np.zeros((12, 3), dtype=int)
    page = evaluation_page({"all": evaluate(present, present + 0.3, [0.5] * 3, n_bootstrap=5)})
    assert "not defined" in page
    assert "nan" not in page.lower()


def test_a_missing_extra_is_named(evaluation, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(CaretoneError, match=r"caretone\[report\]"):
        evaluation_page({"all": evaluation})
