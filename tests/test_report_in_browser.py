"""The report in a browser: everything is drawn, nothing is fetched, and no name runs."""

import contextlib
import shutil

import pytest
from segmart_reports import build

from conftest import is_missing
from report_frames import HOSTILE, hostile_frames
from segmart.list import write_csv

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

DRAWN = """
() => {
  const { chartsDrawn, chartsExpected } = document.documentElement.dataset;
  const drawings = [...document.querySelectorAll(".drawing")].map((place) => {
    const svg = place.querySelector("svg");
    const box = svg ? svg.getBoundingClientRect() : { width: 0, height: 0 };
    return {
      name: place.id,
      width: box.width,
      height: box.height,
      marks: place.querySelectorAll("svg .mark-rect path, svg .mark-symbol path").length,
      label: svg ? svg.getAttribute("aria-label") || svg.parentNode.getAttribute("aria-label") : "",
    };
  });
  return { drawn: Number(chartsDrawn), expected: Number(chartsExpected), drawings };
}
"""

# How bright the page is and how bright its text and the text in its charts are, from 0 to 255.
BRIGHTNESS = """
() => {
  const brightness = (colour) => {
    const [red, green, blue] = colour.match(/[\\d.]+/g).map(Number);
    return (red + green + blue) / 3;
  };
  const words = [...document.querySelectorAll("svg text")].filter((text) => text.textContent);
  return {
    page: brightness(getComputedStyle(document.body).backgroundColor),
    text: brightness(getComputedStyle(document.body).color),
    charts: words.map((word) => brightness(getComputedStyle(word).fill)),
  };
}
"""


@pytest.fixture(scope="module")
def browser():
    """A browser of this computer, or a skipped test that says what is missing."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        is_missing("Chromium is not installed: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # The sandbox needs rights that a container seldom has; the only page opened is our own.
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@contextlib.contextmanager
def opened(browser, path, scheme="light", width=1200):
    """The page with all its charts drawn, and what it complained of and asked for."""
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    complaints, requests = [], []
    page.on("pageerror", lambda problem: complaints.append(str(problem)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.resolve().as_uri())
    finished = (
        "() => document.documentElement.dataset.chartsDrawn"
        " === document.documentElement.dataset.chartsExpected"
    )
    # When it never comes to pass, the assertions say more than a timeout would.
    from playwright.sync_api import TimeoutError as TooLate

    with contextlib.suppress(TooLate):
        page.wait_for_function(finished, timeout=30_000)
    yield page, complaints, requests
    page.close()


def assert_all_drawn(page):
    state = page.evaluate(DRAWN)
    assert state["drawn"] == state["expected"] > 0
    assert len(state["drawings"]) == state["expected"]
    for drawing in state["drawings"]:
        assert drawing["width"] > 100, drawing
        assert drawing["height"] > 40, drawing
        assert drawing["marks"] > 0, drawing
        assert drawing["label"], drawing


def fetched(requests, path):
    """What was asked for beyond the file itself."""
    own = path.resolve().as_uri()
    return [url for url in requests if url != own and not url.startswith("data:")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_demo_report_draws_everything_and_fetches_nothing(browser, demo, scheme):
    with opened(browser, demo.report, scheme) as (page, complaints, requests):
        assert_all_drawn(page)
        assert complaints == []
        assert fetched(requests, demo.report) == []
        brightness = page.evaluate(BRIGHTNESS)
    assert brightness["charts"]
    if scheme == "dark":
        assert brightness["page"] < 64
        assert brightness["text"] > 192
        assert min(brightness["charts"]) > 128
    else:
        assert brightness["page"] > 192
        assert brightness["text"] < 64
        assert max(brightness["charts"]) < 128


def test_the_demo_report_fits_a_phone(browser, demo):
    with opened(browser, demo.report, width=400) as (page, _, _):
        assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_no_name_runs_as_a_script(browser, tmp_path):
    path = tmp_path / "hostile.html"
    build.build_report(hostile_frames(), path)
    with opened(browser, path) as (page, complaints, requests):
        assert_all_drawn(page)
        # The words that appear over a mark are made when the pointer comes near.
        for chart in ("segment_sizes", "segment_profiles", "segment_attributes"):
            mark = page.locator(f"#chart-{chart} svg .mark-rect path").first
            mark.scroll_into_view_if_needed()
            mark.hover(force=True)
            page.wait_for_selector("#vg-tooltip-element.visible")
            assert any(name in page.inner_text("#vg-tooltip-element") for name in HOSTILE)
            page.mouse.move(0, 0)
        assert page.evaluate("window.hostile === undefined")
        assert page.evaluate("document.querySelectorAll('img').length") == 0
        assert complaints == []
        assert fetched(requests, path) == []
        assert HOSTILE[0] in page.locator("h3").first.inner_text()


def test_no_name_runs_in_a_spreadsheet_file_that_a_browser_opens(browser, tmp_path):
    names = [*HOSTILE, "=cmd()"]
    # Of the kinds that a browser may take the file for, the one that it shows.
    path = tmp_path / "names.csv.txt"
    write_csv(["customer_id"], [(name,) for name in names], path)
    page = browser.new_page()
    page.goto(path.as_uri())
    shown = page.inner_text("body")
    assert page.evaluate("window.hostile === undefined")
    assert page.evaluate("document.querySelectorAll('script, img').length") == 0
    assert '"\'=cmd()"' in shown
    assert HOSTILE[0].replace('"', '""') in shown
    page.close()
