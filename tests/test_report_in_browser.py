"""The report in a browser: all is drawn on every screen, nothing is fetched, and no name runs."""

import contextlib
import os
import re
import shutil
import subprocess
import sys

import pytest
from axe_playwright_python.sync_playwright import Axe
from segmart_reports import build

from conftest import is_missing, slow_and_soak
from report_frames import HOSTILE, hostile_frames, many_segments
from segmart.list import write_csv

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

FINISHED = """
() => document.documentElement.dataset.chartsDrawn
  === document.documentElement.dataset.chartsExpected
"""

DRAWN = """
() => {
  const { chartsDrawn, chartsExpected } = document.documentElement.dataset;
  const folded = "details:not([open]) .drawing";
  const places = [...document.querySelectorAll(".drawing")].filter((at) => !at.matches(folded));
  const drawings = places.map((place) => {
    const svg = place.querySelector("svg");
    const box = svg ? svg.getBoundingClientRect() : { width: 0, height: 0 };
    return {
      name: place.id,
      width: box.width,
      height: box.height,
      marks: place.querySelectorAll("svg [class*=mark-] path").length,
      label: svg ? svg.getAttribute("aria-label") || svg.parentNode.getAttribute("aria-label") : "",
    };
  });
  const early = document.querySelectorAll(folded + " svg").length;
  return { drawn: Number(chartsDrawn), expected: Number(chartsExpected), drawings, early };
}
"""

# What reaches beyond the place that it stands in, by half a pixel or more: marks and words of a
# chart, cells of the heat map, anything beyond the page. What a reader can scroll to inside its own
# frame does not count.
OUTSIDE = """
(width) => {
  const found = [];
  const inside = (box, frame, name) => {
    if (box.width && (box.left < frame.left - 0.5 || box.right > frame.right + 0.5))
      found.push(`${name} ${box.left}..${box.right} of ${frame.left}..${frame.right}`);
  };
  for (const place of document.querySelectorAll(".drawing"))
    for (const mark of place.querySelectorAll("svg, svg path, svg text, svg line"))
      if (!mark.closest("clipPath, defs, .background, [opacity='0']"))
        inside(mark.getBoundingClientRect(), place.getBoundingClientRect(), place.id);
  for (const cell of document.querySelectorAll(".heat td, .heat th"))
    inside(cell.getBoundingClientRect(), cell.closest(".heat").getBoundingClientRect(), "heat map");
  for (const part of document.querySelectorAll("body *"))
    if (!part.closest("svg, .table, .skip"))
      inside(part.getBoundingClientRect(), { left: 0, right: width }, part.tagName);
  return found;
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
    # When it never comes to pass, the assertions say more than a timeout would.
    from playwright.sync_api import TimeoutError as TooLate

    with contextlib.suppress(TooLate):
        page.wait_for_function(FINISHED, timeout=30_000)
    yield page, complaints, requests
    page.close()


def assert_all_drawn(page):
    state = page.evaluate(DRAWN)
    assert state["drawn"] == state["expected"] == len(state["drawings"]) > 0
    # What is folded is drawn when somebody opens it: until then it would keep the others waiting.
    assert state["early"] == 0
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
        # The data of the demo are of 2018.
        assert page.locator("#age").inner_text().endswith(" years ago")
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


def unfold(page):
    """Opens all that is folded, so that its charts are drawn too."""
    page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
    page.wait_for_timeout(100)
    page.wait_for_function(FINISHED)


@pytest.mark.parametrize(
    ("scheme", "width"),
    slow_and_soak(
        [("dark", 320), ("light", 1280)],
        [("light", 320), ("light", 390), ("dark", 390), ("dark", 1280)],
    ),
)
def test_the_demo_report_fits_every_screen_and_everyone_can_read_it(browser, demo, scheme, width):
    with opened(browser, demo.report, scheme, width) as (page, complaints, _):
        assert page.evaluate(OUTSIDE, width) == []
        bar = max(
            page.locator("#chart-segment_sizes .mark-rect path").all(),
            key=lambda mark: mark.bounding_box()["width"],
        )
        # The bar of 74.6 % is longer than that of 40.3 % by as much as it should be.
        assert bar.bounding_box()["width"] > width / 3 - 30
        unfold(page)
        assert_all_drawn(page)
        assert page.evaluate(OUTSIDE, width) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        options = {"runOnly": {"type": "tag", "values": tags}}
        # A thousand points of one kind are looked at for minutes.
        context = {"include": [["html"]], "exclude": [["#chart-projection .mark-symbol"]]}
        found = Axe().run(page, context=context, options=options).response
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]] == []
        assert len(found["passes"]) > 10
        assert complaints == []


@pytest.mark.slow
def test_a_wide_report_of_many_segments_with_long_names_fits_too(browser, tmp_path):
    path = tmp_path / "many.html"
    build.build_report(many_segments(), path)
    for width in (320, 1280):
        with opened(browser, path, width=width) as (page, complaints, _):
            unfold(page)
            assert page.evaluate(OUTSIDE, width) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert complaints == []
            axis = page.locator("#chart-history_customers .role-axis-label text:not([opacity='0'])")
            # The last date has its label, and so has the first: between them there is room.
            assert {"30 Nov", "31 Dec"} <= set(axis.all_text_contents())


@pytest.mark.slow
def test_the_report_prints_on_few_sheets_with_every_mark_inside(browser, demo, tmp_path):
    many = tmp_path / "many.html"
    build.build_report(many_segments(), many)
    # Five audiences take a page more.
    for path, most in ((demo.report, 8), (many, 9)):
        with opened(browser, path, width=1280) as (page, _, _):
            # The width of A4 between its margins.
            page.emulate_media(media="print")
            page.set_viewport_size({"width": 687, "height": 1000})
            assert page.evaluate(OUTSIDE, 687) == []
            printed = page.pdf(format="A4", prefer_css_page_size=True, print_background=True)
        sheets = re.findall(rb"/Type\s*/Page\b", printed)
        assert 0 < len(sheets) <= most, path


def test_a_segment_is_shown_alone_by_hand_and_by_keyboard(browser, demo):
    with opened(browser, demo.report) as (page, _, _):
        faint = "path[opacity='0.15']"
        assert page.locator(f"#chart-segment_sizes {faint}").count() == 0
        button = page.locator("[data-select='3']").first
        button.focus()
        page.keyboard.press("Enter")
        assert button.get_attribute("aria-pressed") == "true"
        assert page.locator(f"#chart-segment_sizes {faint}").count() == 6
        assert page.locator("article.selected").count() == 1
        page.keyboard.press("Escape")
        assert page.locator(f"#chart-segment_sizes {faint}").count() == 0
        page.locator("article a[href='#segment-3']").click()
        page.wait_for_function("document.getElementById('segment-3').open")
        assert page.locator("#segment-3 table").is_visible()


def test_no_name_runs_as_a_script(browser, tmp_path):
    path = tmp_path / "hostile.html"
    build.build_report(hostile_frames(), path)
    with opened(browser, path) as (page, complaints, requests):
        assert_all_drawn(page)
        # The words that appear over a mark are made when the pointer comes near.
        for chart in ("segment_sizes", "flows", "projection"):
            mark = page.locator(f"#chart-{chart} svg [class*=role-mark] path").first
            mark.scroll_into_view_if_needed()
            mark.hover(force=True)
            page.wait_for_selector("#vg-tooltip-element.visible")
            assert any(name in page.inner_text("#vg-tooltip-element") for name in HOSTILE)
            page.mouse.move(0, 0)
        assert page.evaluate("window.hostile === undefined")
        assert page.evaluate("document.querySelectorAll('img').length") == 0
        assert complaints == []
        assert fetched(requests, path) == []
        assert HOSTILE[0] in page.locator("article h3").first.inner_text()
        assert page.title() == HOSTILE[0]


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


def test_the_report_of_the_last_build_is_drawn_without_another_build(demo, tmp_path):
    def drawn(build_file, *words):
        return subprocess.run(
            [sys.executable, "-m", "segmart_reports", "--build-file", build_file, *words],
            env=os.environ | {"DBT_TARGET_PATH": str(tmp_path)},
            capture_output=True,
            text=True,
        )

    done = drawn(demo.folder / "segmart.duckdb", "--report-language", "de", "--currency", "€")
    assert done.stdout.strip() == str(tmp_path / "report.html"), done.stderr
    page = (tmp_path / "report.html").read_text()
    assert '<html lang="de"' in page
    assert "€" in page
    charts = re.compile(r'data-chart="(\w+)"')
    published = (demo.folder / "serve/dev/current/report.html").read_text()
    assert charts.findall(page) == charts.findall(published)
    refused = drawn(tmp_path / "none.duckdb")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"build file {tmp_path / 'none.duckdb'} cannot be read: ")
