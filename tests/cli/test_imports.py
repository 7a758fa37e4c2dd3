import sys

from tests.helpers.commands import ROOT, run

# These take half a second to load, more than the stages need for mnist-5k.
SLOW = ("scipy.sparse", "scipy.stats", "matplotlib.pyplot", "dvc.repo", "distributed")
NOT_LOADED = (*SLOW, "stages.comparison", "stages.studies")


def test_reports_load_neither_slow_modules_nor_experiments() -> None:
    code = (
        "import sys\n"
        "import numpy as np\n"
        "from stages.pages import demo_page\n"
        "from stages.reporting import metrics, plots, tables, text, text_tables\n"
        "metrics.evaluate(np.ones((3, 2), np.float32), np.zeros(3, np.uint8))\n"
        f"print([name for name in {NOT_LOADED} if name in sys.modules])"
    )
    assert run(sys.executable, "-c", code, cwd=ROOT).stdout == "[]\n"


def test_commands_load_nothing_slow_before_they_know_their_arguments() -> None:
    commands = [path.stem for path in (ROOT / "stages").glob("*.py") if path.stem != "__init__"]
    code = (
        f"import sys\nimport {', '.join(f'stages.{name}' for name in commands)}\n"
        f"print([name for name in {SLOW} if name in sys.modules])"
    )
    assert run(sys.executable, "-c", code, cwd=ROOT).stdout == "[]\n"
