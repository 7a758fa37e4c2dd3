"""axe-core finds nothing serious on any page, in light and dark, narrow and wide."""

from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner
from selenium import webdriver

from stages.compare import compare
from tests.browser import Page
from tests.helpers.commands import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = pytest.mark.skipif(
    not AXE.exists(), reason="needs axe-core: run `npm install --no-save axe-core`"
)

# The pages, and what is done on them before they are checked.
PAGES = {
    "index.html": "",
    "demo.html": "",
    "lab.html": (
        "while (!networks[0]?.report) await new Promise((done) => setTimeout(done, 20));"
        "await askAll((trainer) => trainer.ask('trainTo', 1));"
        "await magnify(); goTo(4);"
    ),
    "compare.html": "",
}


@pytest.fixture(scope="module")
def reports(experimented: Path) -> Path:
    clone = experimented / "clone"
    with chdir(clone):
        result = CliRunner().invoke(compare, ["main", "workspace"])
    assert result.exit_code == 0, result.output
    return clone / "reports"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_serious_is_found(
    name: str, width: int, dark: bool, browser: webdriver.Chrome, reports: Path
) -> None:
    page = Page(browser, reports / name)
    page.resize(width, 800, dark)
    browser.execute_async_script(
        f"const done = arguments[0]; (async () => {{ {PAGES[name]} }})().then(done)"
    )
    page.run(AXE.read_text(encoding="utf-8"))
    found = browser.execute_async_script(
        "const done = arguments[0];"
        "axe.run().then(({violations}) => done(violations"
        " .filter(({impact}) => impact === 'serious' || impact === 'critical')"
        " .map(({id, nodes}) => [id, nodes.map(({html}) => html)])))"
    )
    assert found == []
