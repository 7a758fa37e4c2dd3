"""The demo page in a real browser, and strokes to draw on it."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.helpers.commands import HANGS_AFTER

Points = list[tuple[float, float]]
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
LINKS = ['href="index.html', 'href="demo.html', 'href="lab.html']  # of every page


@contextmanager
def opened() -> Iterator[webdriver.Chrome]:
    """Open headless Chromium, or skip where there is none."""
    program = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if not program or not driver:
        pytest.skip("needs a browser: install Chromium and ChromeDriver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in ("--headless=new", "--hide-scrollbars", "--disable-gpu", "--no-first-run"):
        options.add_argument(argument)
    # Chromium makes requests of its own.
    for argument in ("background-networking", "component-update", "sync"):
        options.add_argument(f"--disable-{argument}")
    if os.geteuid() == 0:  # Chromium does not run as root within its sandbox
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
    browser.set_script_timeout(HANGS_AFTER)
    browser.set_page_load_timeout(HANGS_AFTER)
    try:
        yield browser
    finally:
        browser.quit()


class Page:
    """A page in a browser, used with mouse, finger, pen and keyboard.

    It is asked not to move, which would take most of the time: `still=False` shows its motion.
    """

    def __init__(
        self, browser: webdriver.Chrome, path: Path, fragment: str = "", still: bool = True
    ) -> None:
        self.browser, self.still = browser, still
        self.resize(1280, 900)
        if fragment:
            browser.get("about:blank")  # or another fragment would not load the page anew
        for kind in ("browser", "performance"):
            browser.get_log(kind)  # type: ignore[no-untyped-call]  # of the page before
        browser.get(path.resolve().as_uri() + fragment)

    def resize(self, width: int, height: int, dark: bool = False) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        media = {
            "color-scheme": "dark" if dark else "light",
            "reduced-motion": "reduce" if self.still else "no-preference",
        }
        features = [{"name": f"prefers-{name}", "value": value} for name, value in media.items()]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def run(self, script: str, *args: Any) -> Any:
        return self.browser.execute_script(script, *args)

    def wait_for(self, condition: str) -> None:
        """Wait until a JavaScript expression is true."""
        wait = WebDriverWait(self.browser, HANGS_AFTER, poll_frequency=0.02)
        wait.until(lambda _: self.run(f"return Boolean({condition})"))

    def find(self, selector: str) -> Any:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector: str) -> list[Any]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def click(self, selector: str) -> None:
        # In a narrow window the element can be below the visible part of the page.
        self.run("arguments[0].scrollIntoView({block: 'center'})", self.find(selector))
        self.find(selector).click()

    def press(self, *keys: str) -> None:
        ActionChains(self.browser).send_keys(*keys).perform()

    def press_undo(self) -> None:
        ActionChains(self.browser).key_down(Keys.CONTROL).send_keys("z").key_up(
            Keys.CONTROL
        ).perform()

    def draw(self, *strokes: Points, pointer: str = "mouse") -> None:
        """Draw strokes; points are (x, y), 0 to 100."""
        steps: list[tuple[float, float] | str] = []
        for first, *others in strokes:
            steps += [first, "down", *others, "up"]
        self.point(*steps, pointer=pointer)

    def point(self, *steps: tuple[float, float] | str, pointer: str = "mouse") -> None:
        """Move a pointer to points of the canvas; "down" and "up" press and lift it there."""
        canvas = self.find("#canvas")
        self.run("arguments[0].scrollIntoView({block: 'center'})", canvas)
        left, top, side = self.run(
            "const {x, y, width} = arguments[0].getBoundingClientRect(); return [x, y, width]",
            canvas,
        )
        device = PointerInput(pointer, pointer)  # type: ignore[no-untyped-call]
        actions: Any = ActionBuilder(self.browser, mouse=device, duration=2)
        for step in steps:
            if step == "down":
                actions.pointer_action.pointer_down()
            elif step == "up":
                actions.pointer_action.pointer_up()
            else:
                x, y = (float(value) * side / 100 for value in step)
                actions.pointer_action.move_to_location(round(left + x), round(top + y))
        actions.perform()

    @property
    def prediction(self) -> str:
        """Return the name of the predicted class; empty without a drawing."""
        return str(self.find("#prediction strong").text)

    def network_input(self) -> np.ndarray:
        """Return the network's input, uint8, (28, 28)."""
        return np.array(self.run("return [...networkInput()]"), np.uint8).reshape(28, 28)

    def overflowing(self) -> list[str]:
        """List elements that are wider than the page, or than what they are in."""
        # The page draws anew in the first frame after its size has changed.
        self.browser.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))"
        )
        return list(
            self.run(
                "return [...document.querySelectorAll('body *')].filter((e) => {"
                " const {right, left, width} = e.getBoundingClientRect();"
                " if (width === 0 || e.parentElement.closest('.scroll')) return false;"
                " const {display, textOverflow, overflowX} = getComputedStyle(e);"
                " return right > innerWidth + 0.5 || left < 0 || e.scrollWidth > e.clientWidth + 1"
                "  && display !== 'inline' && textOverflow !== 'ellipsis'"
                "  && overflowX !== 'auto'; })"
                ".map((e) => e.outerHTML.slice(0, 200))"
            )
        )

    def problems(self) -> list[str]:
        """List errors on the console, and requests for anything but files."""
        errors = [str(entry["message"]) for entry in self.browser.get_log("browser")]  # type: ignore[no-untyped-call]
        logged = self.browser.get_log("performance")  # type: ignore[no-untyped-call]
        events = [json.loads(entry["message"])["message"] for entry in logged]
        urls = [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]
        assert urls, "the log has not even the request for the page itself"
        own = ("file:///", "blob:", "about:blank")
        return errors + [url for url in urls if not url.startswith(own)]


def arc(
    centre: tuple[float, float], radii: tuple[float, float], start: float, end: float
) -> Points:
    """Return points on an ellipse; angles in degrees, 0 is to the right, 90 is down."""
    (x, y), (radius_x, radius_y) = centre, radii
    angles = np.radians(np.linspace(start, end, 10))
    return [(x + radius_x * float(np.cos(a)), y + radius_y * float(np.sin(a))) for a in angles]


# The strokes of each digit.
DIGITS: list[list[Points]] = [
    [arc((50, 50), (21, 33), -70, 300)],
    [[(52, 16), (50, 50), (48, 84)]],
    [[*arc((48, 34), (20, 18), -170, 30), (55, 55), (30, 82), (52, 80), (74, 82)]],
    [[*arc((47, 33), (18, 16), -150, 80), *arc((47, 66), (22, 18), -80, 150)]],
    [[(42, 16), (36, 34), (30, 54), (50, 55), (74, 53)], [(62, 30), (60, 55), (57, 86)]],
    [[(68, 17), (40, 18), (37, 44), *arc((48, 62), (21, 20), -110, 140)]],
    [[(60, 15), (44, 33), (34, 55), *arc((50, 66), (17, 18), 180, -180)]],
    [[(26, 20), (50, 20), (72, 19), (60, 42), (50, 62), (44, 86)]],
    [[*arc((50, 33), (15, 16), -60, -270), *arc((50, 66), (18, 17), -90, 270),
      *arc((50, 33), (15, 16), 90, -60)]],
    [[*arc((48, 35), (18, 18), 0, -350), (66, 36), (64, 60), (60, 85)]],
]  # fmt: skip
