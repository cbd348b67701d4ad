"""How long a report takes to open in Chromium.

Seconds until every chart that is not folded is drawn, and the processor time of the page's thread
until then, the medians of five fresh browsers.

    uv run python benchmarks/open_report.py reports/out/segments.html
"""

import argparse
import shutil
import statistics
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
RUNS = 5
IS_DRAWN = """
() => {
  const { chartsDrawn, chartsExpected } = document.documentElement.dataset;
  return chartsExpected !== undefined && chartsDrawn === chartsExpected;
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    report = parser.parse_args().report
    program = next(filter(None, map(shutil.which, BROWSERS)))
    seconds, processor = [], []
    with sync_playwright() as playwright:
        for _ in range(RUNS):
            # As in the tests: the only page is our own.
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1200, "height": 900})
            measured = page.context.new_cdp_session(page)
            measured.send("Performance.enable", {"timeDomain": "threadTicks"})
            begun = time.monotonic()
            page.goto(report.resolve().as_uri())
            page.wait_for_function(IS_DRAWN)
            seconds.append(time.monotonic() - begun)
            metrics = measured.send("Performance.getMetrics")["metrics"]
            processor += [row["value"] for row in metrics if row["name"] == "TaskDuration"]
            browser.close()
    print(
        f"{report.stat().st_size / 1e6:.2f} MB, open in {statistics.median(seconds):.2f} s"
        f" (from {min(seconds):.2f} to {max(seconds):.2f}),"
        f" {statistics.median(processor):.2f} s of CPU"
    )


if __name__ == "__main__":
    main()
