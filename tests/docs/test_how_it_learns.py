"""docs/how-it-learns.md: what it quotes, its numbers, and what it computes by hand."""

import re

import pytest

from docs.how_it_learns import by_hand
from docs.how_it_learns.__main__ import PAGE, with_numbers
from docs.how_it_learns.figures import FIGURES
from docs.how_it_learns.quotation import QuotationError, quote

FILE = "docs/how_it_learns/one_image.py"


def test_lines_are_quoted_without_their_indentation() -> None:
    assert quote((FILE, "for w, b in zip", "append"), (FILE, "activations = [pixels]")) == (
        f"```python\n# {FILE}, backpropagate\n"
        "for w, b in zip(weights, biases, strict=True):  # forward\n"
        "    activations.append(np.maximum(activations[-1] @ w + b, 0))\n"
        "activations = [pixels]  # one_image.py, backpropagate\n```"
    )


@pytest.mark.parametrize(
    ("piece", "message"),
    [
        ((FILE, "for bias"), "0 lines have 'for bias'"),
        ((FILE, "append("), "2 lines have 'append\\('"),
        ((FILE, "for w, b in", "for bias"), "no line from 'for w, b in' on has 'for bias'"),
    ],
)
def test_a_line_that_is_gone_cannot_be_quoted(piece: tuple[str, str], message: str) -> None:
    with pytest.raises(QuotationError, match=f"{FILE}: {message}"):
        quote(piece)


def test_numbers_are_replaced_by_their_names() -> None:
    text = "9,999<!-- n --> weights, -0.1<!-- slope -->, and 3 more"
    expected = "25,450<!-- n --> weights, 0.25<!-- slope -->, and 3 more"
    assert with_numbers(text, {"n": "25,450", "slope": "0.25"}) == expected
    with pytest.raises(KeyError):
        with_numbers(text, {"n": "25,450"})


def test_page_shows_every_figure() -> None:
    shown = re.findall(r"\(how_it_learns/([\w-]+)\.png\)", PAGE.read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(FIGURES)


def test_computations_by_hand_give_the_network_s_numbers() -> None:
    rows = re.findall(
        r"\| ([-\d. ·+()/²]+) \| (-?[\d.]+)<!-- (hand_\w+) --> \|", PAGE.read_text(encoding="utf-8")
    )
    assert len(rows) == 9
    for formula, result, name in rows:
        value = eval(formula.replace("·", "*").replace("²", "**2"))
        assert value == pytest.approx(float(result), abs=1e-9), formula
        assert result == by_hand.numbers()[name]
