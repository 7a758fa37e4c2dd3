import json

import numpy as np
import pytest

from stages.reporting import text
from stages.reporting.answers import answers

DIGITS = tuple("0123456789")
PROBABILITIES = np.full((4, 10), 0.01)
PROBABILITIES[:, 7], PROBABILITIES[:, 1] = 0.5, 0.42
PROBABILITIES[3] = 0.1
SAID = answers(
    PROBABILITIES, np.array([False, True, True, True]), np.array([False, False, True, False])
)


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (0, "7, 50.0% sure"),
        (1, "not sure: 7 or 1, 50.0% and 42.0%"),
        (2, "best guess: 7, but unlike the training images"),
        (3, "not sure"),  # all outputs are 0
    ],
)
def test_answer_in_words(index: int, expected: str) -> None:
    assert SAID[index].text(DIGITS) == expected
    lines = text.predictions(["a.png"], [SAID[index]], DIGITS).splitlines()
    assert lines[0] == f"a.png: {expected}"


def test_programs_are_told_of_doubt() -> None:
    names = ["a.png", "b.png", "c.png", "d.png"]
    record = {"numpy": "2.4.6"}
    content = json.loads(text.predictions_as_json(names, SAID, DIGITS, record))
    assert all(each["trained_with"] == record for each in content)
    assert [each["doubt"] for each in content] == [None, "not sure", "no digit", "not sure"]
    assert (content[1]["class"], content[1]["confidence"]) == ("7", 0.5)
