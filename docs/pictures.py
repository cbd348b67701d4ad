"""Take the README's pictures of reports/out/segments.html: uv run python docs/pictures.py"""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

DOCS = Path(__file__).parent
REPORT = DOCS.parent / "reports/out/segments.html"
DRAWN = """() => {
  const { chartsDrawn, chartsExpected } = document.documentElement.dataset;
  return chartsExpected && chartsDrawn === chartsExpected;
}"""

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(
        executable_path=shutil.which("chromium"), args=["--no-sandbox"]
    )
    for scheme, name in (("light", "report.png"), ("dark", "report-dark.png")):
        page = browser.new_page(color_scheme=scheme, viewport={"width": 1100, "height": 1300})
        page.goto(REPORT.resolve().as_uri())
        page.wait_for_function(DRAWN)
        page.screenshot(path=DOCS / name)
    browser.close()
