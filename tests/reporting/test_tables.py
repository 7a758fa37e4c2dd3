import io
import math

import pytest

from stages.reporting import tables
from stages.reporting.errors import ReportingError

COLUMNS = ("epoch", "loss")


def test_numbers_come_back(tmp_path):
    tables.write(
        tmp_path / "t.csv", COLUMNS, [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": None}]
    )
    back = tables.read_numbers(tmp_path / "t.csv", COLUMNS)
    assert back["epoch"] == [1, 2]
    assert back["loss"][0] == 0.5
    assert math.isnan(back["loss"][1])


def test_table_without_rows(tmp_path):
    tables.write(tmp_path / "t.csv", COLUMNS, [])
    assert tables.read_numbers(tmp_path / "t.csv", COLUMNS) == {"epoch": [], "loss": []}


@pytest.mark.parametrize(
    "content", ["", "a,b\n1,2\n", "epoch,loss\n1\n", "epoch,loss\n1,x\n", "epoch,loss\n1,2,3\n"]
)
def test_other_tables_are_refused_by_name(content, tmp_path):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(ReportingError, match=r"t\.csv: not a table of epoch, loss"):
        tables.read_numbers(tmp_path / "t.csv", COLUMNS)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "a,b\n1,2\n",
        "index,actual,predicted,confidence\n",
        "index,actual,predicted,confidence\n0,1,1\n",
        "index,actual,predicted,confidence\n0,1,1,sure\n",
    ],
)
def test_other_predictions_are_refused_by_name(content):
    with pytest.raises(ReportingError, match=r"^p\.csv of main: not a table of index, actual"):
        tables.read_predictions(io.StringIO(content), "p.csv of main")
