"""The charts and the report on made-up frames."""

import functools
import html
import itertools
import json
import math
import os
import re

import altair
import pandas as pd
import pytest
from segmart_reports import build, charts
from segmart_reports.rows import rows_of, segment_labels
from segmart_reports.words import Words

from report_frames import BINS, FEATURES, HOSTILE, SEGMENTS, hostile_frames, report_frames
from segmart.release.report import of_release

WORDS = Words("en", "$")


@pytest.fixture
def frames():
    return report_frames()


@pytest.fixture
def rows(frames):
    return rows_of_all(frames)


def rows_of_all(frames):
    return {name: rows_of(frame) for name, frame in frames.items()}


@functools.cache
def page():
    """The page of the frames as they are, and the specifications of its charts."""
    return build.render(report_frames())


def data_of(specification):
    """All rows that a specification holds."""
    return [row for rows in specification["datasets"].values() for row in rows]


def encoding_of(specification, channel):
    """The first encoding of a channel, wherever it is nested."""
    if isinstance(specification, dict):
        if channel in specification.get("encoding", {}):
            return specification["encoding"][channel]
        specification = list(specification.values())
    if isinstance(specification, list):
        for part in specification:
            found = encoding_of(part, channel)
            if found is not None:
                return found
    return None


def specifications_in(text):
    """The specifications that are written in a page."""
    blocks = re.findall(
        r'<script type="application/json" data-chart="(\w+)">(.*?)</script>', text, re.DOTALL
    )
    return {name: json.loads(block) for name, block in blocks}


def without_scripts(text):
    return re.sub(r"<script\b.*?</script>", "", text, flags=re.DOTALL)


def test_every_chart_is_described_see_through_and_as_wide_as_its_place(rows):
    specifications = charts.specifications(rows, WORDS)
    # Each has its place in the page.
    assert set(specifications) == set(specifications_in(page()))
    assert charts.CONFIG["axis"]["labelColor"] == "currentColor"
    assert not re.search(r"black|#000\b|#000000", json.dumps(charts.CONFIG))
    for specification in specifications.values():
        # It fits the schema of Vega-Lite.
        altair.Chart.from_dict(json.loads(json.dumps(specification)))
        text = json.dumps(specification)
        assert len(specification["description"]) > 30
        assert specification["background"] == "transparent"
        assert specification["width"] == "container"
        assert specification["autosize"] == {"type": "fit-x", "contains": "padding"}
        assert not re.search(r"black|#000\b|#000000", text)
        assert "http" not in text.replace(specification["$schema"], "")


def test_segment_sizes_put_customers_above_revenue(rows):
    specification = charts.segment_sizes(rows["segments"], WORDS).to_dict()
    assert encoding_of(specification, "x")["field"] == "value"
    assert encoding_of(specification, "y")["scale"]["domain"] == list(SEGMENTS.values())
    bars = data_of(specification)
    # One segment has no known revenue.
    assert len(bars) == 2 * len(SEGMENTS) - 1
    assert [(bar["group"], bar["text"]) for bar in bars[:2]] == [(0, "30.0%"), (1, "42.0%")]
    assert {bar["colour"] for bar in bars[:2]} == {charts.colour_of(1)}
    # The longest bar leaves room for its number.
    assert encoding_of(specification, "x")["scale"]["domain"][1] > 0.42 * 1.3


def test_segment_sizes_without_any_revenue_show_customers_only(rows):
    segments = [row | {"revenue_share": None} for row in rows["segments"]]
    bars = data_of(charts.segment_sizes(segments, WORDS).to_dict())
    assert len(bars) == len(SEGMENTS)
    assert {bar["group"] for bar in bars} == {0}


def test_segments_of_the_same_name_are_told_apart():
    names = {10: "Same", 2: "Same", 3: None}
    segments = [{"segment_id": at, "segment_name": name} for at, name in names.items()]
    assert segment_labels(segments) == {2: "Same (2)", 3: "3", 10: "Same (10)"}


def test_a_colour_is_of_one_segment_or_of_a_side_of_the_average():
    colours = [charts.colour_of(segment) for segment in range(1, 13)]
    assert len(set(colours)) == 12
    assert charts.colour_of(13) == colours[0]
    sides = {"#{:02X}{:02X}{:02X}".format(*side) for side in (charts.ABOVE, charts.BELOW)}
    assert not sides & set(colours)
    assert charts.tint(None) == "transparent"
    assert charts.tint(0.0).endswith(" 0.00)")
    assert charts.tint(-9).startswith("rgba(166, 97, 26, 0.55")


def test_a_long_name_stands_in_lines():
    assert charts.in_lines("Short") == "Short"
    lines = charts.in_lines("Customers who have placed many small orders since last year").split(
        "\n"
    )
    assert len(lines) == 2
    assert max(len(line) for line in charts.in_lines("毎週の買い物をする" * 6).split("\n")) == 21


def test_every_feature_gets_a_histogram_with_its_median(rows):
    panels = [
        chart.to_dict()
        for chart in charts.feature_distributions(rows["feature_distributions"], WORDS)
    ]
    titles = [" ".join(panel["title"]["text"]) for panel in panels]
    assert len(panels) == len(FEATURES)
    assert titles[-1] == "Days since the first purchase"
    for panel in panels:
        assert [layer["mark"]["type"] for layer in panel["layer"]] == ["bar", "rule"]
        assert len(panel["datasets"][panel["layer"][0]["data"]["name"]]) == BINS
        rule = panel["datasets"][panel["layer"][1]["data"]["name"]]
        # The median was put halfway from the middle of one bin's edges, bins count from 1.
        assert 6 <= rule[0]["position"] <= 7


def test_k_selection_marks_the_chosen_number_and_keeps_one_segment_in_the_inertia(rows):
    panels = {
        panel["title"]["text"]: panel
        for panel in (chart.to_dict() for chart in charts.k_selection(rows["k_selection"], WORDS))
    }
    assert list(panels) == [
        "Inertia",
        "Silhouette",
        "Stability",
        "Davies-Bouldin",
        "Calinski-Harabasz",
        "Smallest segment",
    ]

    def points(name, layer):
        panel = panels[name]
        return panel["datasets"][panel["layer"][layer]["data"]["name"]]

    for name in panels:
        assert panels[name]["layer"][0]["mark"]["type"] == "rule"
        assert list(points(name, 0)) == [{"k": 5}]
    assert min(row["k"] for row in points("Inertia", 1)) == 1
    assert min(row["k"] for row in points("Silhouette", 1)) == 2
    lines = {row["line"] for row in points("Silhouette", 1)}
    assert lines == {"these customers", "data without clusters"}


def test_a_line_over_time_is_of_one_segment_in_its_colour(rows):
    specification = charts.over_time(
        [row | {"line": "name"} for row in rows["segment_history"]],
        *("recent_revenue", "currency", "Revenue", WORDS),
    ).to_dict()
    colour = encoding_of(specification, "color")
    assert colour["scale"]["domain"] == list(SEGMENTS)
    assert colour["scale"]["range"] == [charts.colour_of(segment) for segment in SEGMENTS]
    points = data_of(specification)
    assert len(points) == 3 * len(SEGMENTS)
    assert points[0]["details"] == "name, 30 November 2017: $100"


def test_a_report_of_one_date_has_no_history(rows):
    names = {"history_customers", "history_revenue", "history_1"}
    assert names < set(charts.specifications(rows, WORDS))
    history = rows["segment_history"][-len(SEGMENTS) :]
    assert not names & set(charts.specifications(rows | {"segment_history": history}, WORDS))


def test_projection_holds_nothing_but_the_place_and_the_segment_of_a_customer(rows):
    specification = charts.projection(rows["projection"], WORDS).to_dict()
    colour = encoding_of(specification, "color")
    assert colour["scale"]["domain"] == list(SEGMENTS)
    assert colour["scale"]["range"] == [charts.colour_of(segment) for segment in SEGMENTS]
    keys = {key for row in data_of(specification) for key in row}
    assert keys == {"segment_id", "segment", "x", "y"}


def test_plain_values_can_be_written_as_json():
    frame = pd.DataFrame(
        {
            "whole": pd.array([1, None], dtype="Int64"),
            "number": [math.inf, -math.inf],
            "flag": pd.array([True, None], dtype="boolean"),
            "day": pd.to_datetime(["2017-12-31", None]),
            "text": ["a", None],
        }
    )
    assert rows_of(frame) == [
        {"whole": 1, "number": None, "flag": True, "day": "2017-12-31", "text": "a"},
        {"whole": None, "number": None, "flag": None, "day": None, "text": None},
    ]


def test_the_same_frames_give_the_same_bytes(frames, tmp_path):
    path = tmp_path / "new" / "folder" / "report.html"
    build.build_report(frames, path)
    build.build_report(report_frames(), str(tmp_path / "second.html"))
    assert path.read_bytes() == (tmp_path / "second.html").read_bytes()
    # Nothing is left beside the report.
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]


def test_the_order_of_the_rows_does_not_matter(frames):
    # Points of the projection are drawn in the order they come in.
    turned = {
        name: frame if name in ("projection", "customer_accounting") else frame.iloc[::-1]
        for name, frame in frames.items()
    }
    assert without_scripts(build.render(turned)) == without_scripts(page())


def test_the_drawing_library_is_bundled_once(frames, tmp_path):
    build.build_report(frames, tmp_path / "first.html", tmp_path / "target")
    (kept,) = (tmp_path / "target").iterdir()
    build.build_report(frames, tmp_path / "second.html", tmp_path / "target")
    first, second = (tmp_path / f"{name}.html" for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()
    kept.write_text("/* kept */")
    build.build_report(frames, tmp_path / "third.html", tmp_path / "target")
    assert "/* kept */" in (tmp_path / "third.html").read_text()
    kept.write_text("</script>")
    with pytest.raises(ValueError, match="inside a script element"):
        build.build_report(frames, tmp_path / "fourth.html", tmp_path / "target")


def test_a_failed_build_leaves_the_old_report(frames, tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("old")

    def fail(source, target):
        raise OSError("no space")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        build.build_report(frames, path)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_a_report_does_without_attributes_notes_and_points(frames):
    del frames["segment_attributes"]
    del frames["input_check"]
    frames["projection"] = frames["projection"].head(0)
    text = build.render(frames)
    assert "What was switched off" not in text
    assert 'id="attributes"' not in text
    assert 'id="chart-projection"' not in text


def test_a_report_of_empty_frames_is_still_a_page(frames):
    text = build.render({name: frame.head(0) for name, frame in frames.items()})
    assert specifications_in(text) == {}
    assert "not known" in text


def test_cards_stand_in_the_order_of_value_and_say_what_sets_a_segment_apart():
    text = html.unescape(without_scripts(page()))
    names = re.findall(r'<article class="card" data-segment.*?<h3>(.*?)</h3>', text, re.DOTALL)
    assert names == list(SEGMENTS.values())
    assert "uv run python -m segmart.list segment_1.csv --segment 1</code>" in text
    assert "19-24 (1.5 times)" in text
    # A feature that the words know nothing of is said by its name.
    assert "<li>spend 3.1 times as much: $972 against $312</li>" in text
    assert "<li>Value of a basket: $" in text
    assert "Returns were not taken off: no column." in text


def test_cards_say_how_far_a_segment_is_to_be_trusted(frames):
    text = page()
    trusts = frames["segments"].groupby(["trust", "bootstrap_jaccard"]).size()
    for (trust, share), count in trusts.items():
        assert text.count(WORDS(f"trust_means.{trust}", share=f"{share:.0%}")) == count


def test_where_revenue_has_no_shares_a_card_says_why(frames):
    assert "no shares, since" not in page()
    segments = frames["segments"].assign(revenue_share=math.nan)
    text = build.render(frames | {"segments": segments})
    known = segments["revenue"].notna().sum()
    assert text.count("no shares, since a segment gave back more than it bought") == known > 0


def test_what_reads_the_same_everywhere_is_in_no_heat_map(frames):
    profiles = frames["segment_profiles"]
    same = profiles["feature"] == "frequency"
    flat = profiles.assign(
        **{name: profiles[name].mask(same, 7.0) for name in ("median", "population_median")}
    )
    heat = 'class="heat">'
    page, flat_page = (
        build.render(frames | {"segment_profiles": rows}).split(heat)[1].split("</table>")[0]
        for rows in (profiles, flat)
    )
    assert "Purchases" in page
    assert "Purchases" not in flat_page


def test_cards_leave_none_alone_in_the_last_row():
    assert all(count % build._columns(count) != 1 for count in range(2, 26))


def test_who_moved_stands_in_each_section_with_arrivals_departures_and_ended_segments(frames):
    text = html.unescape(without_scripts(page()))
    moved = [
        re.findall("<dd>([^<]*)</dd>", part.split("</details>")[0])
        for part in text.split('<details id="segment-')[1:]
    ]
    # Of the first segment one customer left; two came to it, and three of a segment that has ended.
    (ended,) = (flow for flow in moved[0] if "ended" in flow)
    assert ended.endswith(", ended: 3")
    assert moved == [[ended, "new customers: 2", "gone: 1"], *[[]] * (len(frames["segments"]) - 1)]


def test_changes_are_dated_by_the_report_that_is_compared_with(frames):
    """``segment_migrations`` looks back to 1 December; the build before that is of 30 November."""
    text = html.unescape(without_scripts(page()))
    assert len(re.findall(r"\b1 December 2017", text)) == 1
    assert "30 days before this report was 1 December 2017; the last report by then is that" in text
    assert "Since the report of 30 November 2017, " in text
    # Of 100 customers then, and of what they had brought in 90 days: 100 then, 102 now.
    assert text.count("Numbers with a sign are the change since 30 November 2017.") == 1
    assert re.search(r"% of all; \+\d+</span>", text)
    assert re.search(r"\$102 <span[^>]*>\+\$2</span>", text)
    later = frames["segment_history"].query("as_of > '2017-12-01'")
    text = build.render(frames | {"segment_history": later})
    assert "Since the report of 1 December 2017, " in text


def test_only_what_a_person_wrote_describes_a_segment(frames):
    text = "Written on the day of the fit."
    frames["segments"]["description"] = text
    assert text not in build.render(frames)
    overrides = pd.DataFrame({"segment_id": ["1", "2"], "description": [text, None]})
    assert build.render(frames | {"segment_name_overrides": overrides}).count(text) == 1


def test_a_feature_of_which_nobody_has_anything_is_left_out_of_a_segment(frames):
    profiles = frames["segment_profiles"]
    own = (profiles["feature"] == "frequency") & (profiles["segment_id"] == 1)
    numbers = ["median", "mean", "p10", "p90", "population_median"]
    none = profiles.assign(**{name: profiles[name].mask(own, 0.0) for name in numbers})
    sections = [
        without_scripts(build.render(frames | {"segment_profiles": rows}))
        .split('id="segment-1"')[1]
        .split("</table>")[0]
        for rows in (profiles, none)
    ]
    assert ["Purchases" in section for section in sections] == [True, False]


def test_the_demo_says_that_it_is_one_and_has_dollars(frames):
    demo = WORDS("page.demo")
    assert demo not in page()
    frames["report_settings"] = pd.DataFrame([{"input": build.DEMO}])
    text = build.render(frames)
    assert demo in text
    assert "<dd>$250,000 " in text


def test_a_first_report_has_no_section_of_changes(frames):
    assert 'href="#moves"' in page()
    day = frames["as_of_date"]["as_of"].iloc[0]
    frames["segment_migrations"]["from_as_of"] = day
    frames["segment_history"] = frames["segment_history"].query("as_of == @day")
    text = build.render(frames)
    assert '"moves"' not in without_scripts(text)
    assert WORDS("know.first") in text


def test_the_header_has_a_place_for_the_name_of_the_release(tmp_path):
    drawn = tmp_path / "drawn.html"
    drawn.write_text(page())
    named = of_release(drawn, "r1 & more").decode()
    assert '<div id="release"><dt>Release number</dt><dd>r1 &amp; more</dd></div>' in named


def test_hostile_names_stay_text():
    text = build.render(hostile_frames())
    page = without_scripts(text)
    # All tags of the page are its own.
    assert set(re.findall(r"<(\w+)", page)) <= {
        *("html", "head", "meta", "title", "link", "style", "body", "a", "header", "nav", "main"),
        *("section", "article", "footer", "div", "h1", "h2", "h3", "h4", "p", "ul", "li"),
        *("dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td", "noscript"),
        *("strong", "span", "button", "details", "summary", "code"),
    }
    assert "&lt;img src=x onerror=" in page
    specifications = specifications_in(text)
    # The charts, their settings, what draws them, and the library.
    assert len(re.findall(r"<script\b", text)) == len(specifications) + 3
    assert set(specifications) == set(charts.specifications(rows_of_all(hostile_frames()), WORDS))
    domain = encoding_of(specifications["segment_sizes"], "y")["scale"]["domain"]
    assert domain == [charts.in_lines(name) for name in HOSTILE]
    # A name never gets into an expression.
    for specification in specifications.values():
        assert not re.search(r'"expr": "[^"]*hostile', json.dumps(specification))


def test_the_page_allows_its_two_scripts_and_nothing_else():
    text = page()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1)
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 2
    allowed = re.search(r"script-src ([^;]*)", html.unescape(policy)).group(1).split(" ")
    assert allowed == [build.content_hash(script) for script in scripts]


def test_the_page_has_headings_in_order():
    text = without_scripts(page())
    levels = [int(level) for level in re.findall(r"<h(\d)", text)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert '<html lang="en">' in text
    identifiers = re.findall(r' id="([^"]*)"', text)
    assert len(identifiers) == len(set(identifiers))


def test_a_card_has_the_order_days_expected_beside_the_last(frames):
    text = without_scripts(page())
    assert "Orders expected in 90 days" in text
    assert text.count("(in the last 90: 500)") == len(frames["segments"])
    assert re.search(r"<dd>432 ", text)
    off = build.render(frames | {"segment_outlook": frames["segment_outlook"].head(0)})
    assert "Order days expected" not in off
