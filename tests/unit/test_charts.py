"""The charts and the report on made-up frames."""

import html
import itertools
import json
import math
import re

import numpy as np
import pandas as pd
import pytest
from segmart_reports import build, charts

from report_frames import BINS, FEATURES, HOSTILE, SEGMENTS, hostile_frames, report_frames


@pytest.fixture
def frames():
    return report_frames()


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


def test_every_chart_is_described_see_through_and_has_no_black(frames):
    specifications = build.chart_specifications(frames)
    # Each has its place in the page.
    assert set(specifications) == set(specifications_in(build.render(frames)))
    for specification in specifications.values():
        text = json.dumps(specification)
        assert len(specification["description"]) > 30
        assert specification["background"] == "transparent"
        assert specification["config"]["axis"]["labelColor"] == "currentColor"
        assert specification["config"]["legend"]["labelColor"] == "currentColor"
        assert not re.search(r"black|#000\b|#000000", text)
        assert "http" not in text.replace(specification["$schema"], "")


def test_segment_sizes_put_customers_next_to_revenue(frames):
    specification = charts.segment_sizes(frames["segments"]).to_dict()
    assert encoding_of(specification, "x")["field"] == "share"
    assert encoding_of(specification, "yOffset")["field"] == "measure"
    assert encoding_of(specification, "y")["scale"]["domain"] == list(SEGMENTS.values())
    rows = data_of(specification)
    # One segment has no known revenue.
    assert len(rows) == 2 * len(SEGMENTS) - 1
    assert rows[0] == {
        "segment": "Devoted regulars",
        "measure": "share of customers",
        "share": 0.3,
        "text": "30.0%",
    }


def test_segment_sizes_without_any_revenue_show_customers_only(frames):
    segments = frames["segments"].assign(revenue=np.nan, revenue_share=np.nan)
    specification = charts.segment_sizes(segments).to_dict()
    assert encoding_of(specification, "yOffset")["scale"]["domain"] == ["share of customers"]
    assert len(data_of(specification)) == len(SEGMENTS)


def test_segments_of_the_same_name_are_told_apart():
    segments = pd.DataFrame({"segment_id": [10, 2, 3], "segment_name": ["Same", "Same", None]})
    assert charts.segment_labels(segments) == {2: "Same (2)", 3: "3", 10: "Same (10)"}


def test_segment_profiles_are_coloured_by_z_score_and_labelled_with_medians(frames):
    specification = charts.segment_profiles(frames["segment_profiles"]).to_dict()
    assert encoding_of(specification, "color")["field"] == "z_score"
    assert encoding_of(specification, "text")["field"] == "text"
    domain = encoding_of(specification, "color")["scale"]["domain"]
    assert domain[0] == -domain[2]
    assert domain[1] == 0
    rows = data_of(specification)
    assert len(rows) == len(SEGMENTS) * len(FEATURES)
    first = next(row for row in rows if row["segment_id"] == 1 and row["feature"] == "spend")
    assert first["text"] == charts.number(first["median"])
    unknown = next(row for row in rows if row["segment_id"] == 5 and not row["is_clustered"])
    assert unknown["z_score"] is None
    assert unknown["text"] == ""
    # What was not clustered on comes last and is marked.
    assert encoding_of(specification, "y")["scale"]["domain"][-1].endswith(" *")


def test_correlations_show_spearman_with_pearson_at_hand(frames):
    specification = charts.feature_correlations(frames["feature_correlations"]).to_dict()
    assert encoding_of(specification, "color")["field"] == "spearman"
    assert "pearson" in [part["field"] for part in encoding_of(specification, "tooltip")]
    rows = data_of(specification)
    assert len(rows) == len(FEATURES) ** 2
    assert {row["text"] for row in rows if row["feature_a"] == row["feature_b"]} == {"1.00"}


def test_every_feature_gets_a_histogram_with_its_median(frames):
    specification = charts.feature_distributions(frames["feature_distributions"]).to_dict()
    assert len(specification["concat"]) == len(FEATURES)
    titles = [panel["title"]["text"] for panel in specification["concat"]]
    assert sorted(titles) == sorted(label for _, label, *_ in FEATURES)
    assert titles[-1] == "Days since the first purchase"
    for panel in specification["concat"]:
        assert [layer["mark"]["type"] for layer in panel["layer"]] == ["bar", "rule"]
        bars = specification["datasets"][panel["layer"][0]["data"]["name"]]
        assert len(bars) == BINS
        rule = specification["datasets"][panel["layer"][1]["data"]["name"]]
        # The median was put halfway from the middle of one bin's edges, bins count from 1.
        assert 6 <= rule[0]["position"] <= 7


def test_k_selection_marks_the_chosen_number_and_keeps_one_segment_in_the_inertia(frames):
    specification = charts.k_selection(frames["k_selection"]).to_dict()
    panels = {panel["title"]["text"]: panel for panel in specification["concat"]}
    assert list(panels) == [
        "Inertia",
        "Silhouette",
        "Stability",
        "Davies-Bouldin",
        "Calinski-Harabasz",
        "Smallest segment",
    ]

    def rows(name, layer):
        part = panels[name]["layer"][layer]
        return specification["datasets"][part["data"]["name"]]

    for name in panels:
        assert panels[name]["layer"][0]["mark"]["type"] == "rule"
        assert rows(name, 0) == [{"k": 5}]
    assert min(row["k"] for row in rows("Inertia", 1)) == 1
    assert min(row["k"] for row in rows("Silhouette", 1)) == 2
    lines = {row["line"] for row in rows("Silhouette", 1)}
    assert lines == {"these customers", "data without clusters"}


def test_left_out_shows_everyone_but_the_used(frames):
    accounting = frames["customer_accounting"]
    specification = charts.left_out(accounting).to_dict()
    assert {row["reason"] for row in data_of(specification)} == set(accounting["reason"][1:])
    assert charts.left_out(accounting[accounting["outcome"] == "used"]) is None
    nobody = accounting.assign(customers=0, rows=0)
    assert charts.left_out(nobody) is None


def test_attributes_show_the_values_furthest_from_an_even_spread(frames):
    specification = charts.segment_attributes(frames["segment_attributes"]).to_dict()
    row = data_of(specification)[0]
    assert row["doublings"] == pytest.approx(math.log2(row["lift"]))
    assert encoding_of(specification, "color")["field"] == "doublings"
    assert charts.segment_attributes(frames["segment_attributes"].head(0)) is None


def test_projection_tells_segments_apart_by_colour_and_by_shape(frames):
    specification = charts.projection(frames["projection"]).to_dict()
    for channel in ("color", "shape"):
        encoding = encoding_of(specification, channel)
        assert encoding["scale"]["domain"] == list(SEGMENTS.values())
        assert len(set(encoding["scale"]["range"])) == len(SEGMENTS)
    # Nothing but the place and the segment of a customer is written down.
    assert {key for row in data_of(specification) for key in row} == {"segment", "x", "y"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "not known"),
        (math.nan, "not known"),
        (pd.NA, "not known"),
        (0, "0"),
        (-0.0, "0"),
        (2877.6, "2,878"),
        (12, "12"),
        (12.34, "12.3"),
        (2.4, "2.40"),
        (-0.314, "-0.31"),
        (0.00123, "0.0012"),
        (np.int64(1234567), "1,234,567"),
    ],
)
def test_numbers_are_written_for_people(value, text):
    assert charts.number(value) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (12, "days", "12 days"),
        (2877.6, "currency", "2,878"),
        (0.25, "share", "25.0%"),
        (3, None, "3"),
        (math.nan, "days", "not known"),
    ],
)
def test_amounts_carry_their_unit(value, unit, text):
    assert charts.amount(value, unit) == text


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
    assert charts.rows_of(frame) == [
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
    assert without_scripts(build.render(turned)) == without_scripts(build.render(frames))


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

    monkeypatch.setattr(build.os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        build.build_report(frames, path)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_a_missing_frame_is_named(frames):
    del frames["segments"]
    with pytest.raises(ValueError, match="segments"):
        build.render(frames)


def test_a_report_does_without_attributes_notes_and_points(frames):
    del frames["segment_attributes"]
    frames["notes"] = frames["notes"].head(0)
    frames["projection"] = frames["projection"].head(0)
    text = build.render(frames)
    assert "What was switched off" not in text
    assert 'id="attributes"' not in text
    assert "chart-projection" not in text


def test_a_report_of_empty_frames_is_still_a_page(frames):
    text = build.render({name: frame.head(0) for name, frame in frames.items()})
    assert specifications_in(text) == {}
    assert "not known" in text


def test_cards_say_what_sets_a_segment_apart(frames):
    text = build.render(frames)
    assert "Spend: median 972, 3.11 x the population" in text
    assert "not known" in text
    assert "The inertia curve has no clear bend." in text
    assert "Returns were not taken off: no column." in text


def test_cards_say_how_far_a_segment_is_to_be_trusted(frames):
    text = build.render(frames)
    trusts = frames["segments"]["trust"].value_counts()
    for trust, sentence in build.TRUST.items():
        assert text.count(sentence) == trusts[trust]


def test_where_revenue_has_no_shares_a_card_says_why(frames):
    assert "no shares, since" not in build.render(frames)
    segments = frames["segments"].assign(revenue_share=math.nan)
    text = build.render(frames | {"segments": segments})
    known = segments["revenue"].notna().sum()
    assert text.count("no shares, since a segment gave back more than it bought") == known > 0


def test_who_moved_stands_in_a_matrix_with_arrivals_departures_and_ended_segments(frames):
    text = without_scripts(build.render(frames))
    table = text[text.index("Customers by their segment on 2017-12-01") :].split("</table>")[0]
    first, *_ = frames["segments"].sort_values("segment_id")["segment_name"]
    rows = {
        row.split("</th>")[0].split(">")[-1]: re.findall(r'"number">([^<]+)</td>', row)
        for row in table.split("<tr>")[2:]
    }
    size = len(frames["segments"])
    assert len(rows) == size + 2
    assert rows[first] == ["100", *["0"] * (size - 1), "1"]
    assert rows["new customers"] == ["2", *["0"] * size]
    ended = next(name for name in rows if name.endswith(", ended"))
    assert rows[ended] == ["3", *["0"] * size]
    one_day = frames["segment_migrations"].assign(from_as_of=pd.Timestamp("2017-12-31"))
    assert "Who moved" not in build.render(frames | {"segment_migrations": one_day})


def test_hostile_names_stay_text():
    text = build.render(hostile_frames())
    page = without_scripts(text)
    # All tags of the page are its own.
    assert set(re.findall(r"<(\w+)", page)) <= {
        *("html", "head", "meta", "title", "link", "style", "body", "a", "header", "nav", "main"),
        *("section", "article", "footer", "div", "h1", "h2", "h3", "p", "ul", "li", "strong"),
        *("dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td", "noscript"),
    }
    assert "&lt;img src=x onerror=" in page
    specifications = specifications_in(text)
    # The charts, what draws them, and the library.
    assert len(re.findall(r"<script\b", text)) == len(specifications) + 2
    assert set(specifications) == set(build.chart_specifications(hostile_frames()))
    domain = encoding_of(specifications["segment_sizes"], "y")["scale"]["domain"]
    assert domain == HOSTILE
    # A name never gets into an expression.
    for specification in specifications.values():
        assert not re.search(r'"expr": "[^"]*hostile', json.dumps(specification))


def test_the_page_allows_its_two_scripts_and_nothing_else(frames):
    text = build.render(frames)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1)
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 2
    allowed = re.search(r"script-src ([^;]*)", html.unescape(policy)).group(1).split(" ")
    assert allowed == [build.content_hash(script) for script in scripts]


def test_the_page_has_headings_in_order(frames):
    text = without_scripts(build.render(frames))
    levels = [int(level) for level in re.findall(r"<h(\d)", text)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert '<html lang="en">' in text
    identifiers = re.findall(r' id="([^"]*)"', text)
    assert len(identifiers) == len(set(identifiers))
