"""Charts of the report, each a pure function of one or two frames.

Colours are from the Okabe-Ito palette. Text takes the colour of the page it stands on
(`currentColor`), and the middle of a heat map is see-through, so that a chart reads equally well on
a light and on a dark page. Rows go into a chart as plain values, a missing one as null.

Names come from outside, so they are given as data and as domains of scales, never as a sort order:
Vega-Lite would write a sort order into an expression, which a name with odd characters breaks.
"""

import datetime
import decimal
import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

import altair
import pandas

from segmart import sentences

Chart = altair.Chart | altair.LayerChart | altair.ConcatChart | altair.HConcatChart
Row = dict[str, Any]

BLUE = "#0072B2"
VERMILION = "#D55E00"
GREEN = "#009E73"
ORANGE = "#E69F00"
SKY_BLUE = "#56B4E9"
PURPLE = "#CC79A7"
YELLOW = "#F0E442"
GREY = "#8C8C8C"
SEGMENT_COLOURS = [BLUE, ORANGE, GREEN, PURPLE, SKY_BLUE, VERMILION, YELLOW, GREY]
# Not as many as the colours: a pair of colour and shape comes back only after 24 segments.
SEGMENT_SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"]

# From far below the middle to far above it.
DIVERGING = ["rgba(0, 114, 178, 0.7)", "rgba(140, 140, 140, 0.06)", "rgba(213, 94, 0, 0.7)"]
FAINT = "rgba(140, 140, 140, 0.3)"
TEXT = "currentColor"

# As wide as the page allows, as high as the chart needs.
FIT = altair.AutoSizeParams(type="fit-x", contains="padding")

UNKNOWN = "not known"
MOST_ATTRIBUTE_VALUES = 15


def plain(value: Any) -> Any:
    """The value as JSON can hold it: a missing or an endless number becomes None."""
    if value is None or value is pandas.NA or value is pandas.NaT:
        return None
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, decimal.Decimal):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bool | int | float | str):
        return value
    return str(value)


def rows_of(frame: pandas.DataFrame) -> list[Row]:
    """The rows of a frame, as plain values."""
    columns = [str(column) for column in frame.columns]
    return [
        {column: plain(value) for column, value in zip(columns, values, strict=True)}
        for values in frame.itertuples(index=False, name=None)
    ]


def sort_key(value: Any) -> tuple[int, float, str]:
    """Orders numbers by size, then texts, then what is missing."""
    if value is None:
        return (2, 0.0, "")
    if isinstance(value, int | float):
        return (0, float(value), "")
    return (1, 0.0, str(value))


def feature_key(row: Row) -> tuple[Any, ...]:
    """Orders features: the clustered ones first, then by position where it is given, then by name.

    The feature of a pair is its first one.
    """
    name = row["feature"] if "feature" in row else row["feature_a"]
    return (not row.get("is_clustered"), sort_key(row.get("feature_position")), str(name))


def number(value: Any) -> str:
    """A number for people, and words when it is missing."""
    value = plain(value)
    if value is None:
        return UNKNOWN
    return sentences.number(value) if isinstance(value, int | float) else str(value)


def percent(value: Any) -> str:
    """A share as a percentage."""
    value = plain(value)
    if value is None:
        return UNKNOWN
    return f"{100 * value:.1f}%"


def amount(value: Any, unit: Any) -> str:
    """A value with its unit: a share as a percentage, money bare because its name is not known."""
    if plain(value) is None or unit in (None, "", "currency"):
        return number(value)
    if unit == "share":
        return percent(value)
    return f"{number(value)} {unit}"


def segment_labels(segments: pandas.DataFrame) -> dict[Any, str]:
    """The name of each segment in the order of the identifiers, told apart where names repeat."""
    pairs: dict[Any, str] = {}
    for row in sorted(rows_of(segments), key=lambda row: sort_key(row["segment_id"])):
        name = row["segment_name"]
        pairs.setdefault(row["segment_id"], str(row["segment_id"] if name is None else name))
    names = list(pairs.values())
    return {
        identifier: f"{name} ({identifier})" if names.count(name) > 1 else name
        for identifier, name in pairs.items()
    }


def _data(rows: Iterable[Row]) -> altair.InlineData:
    return altair.InlineData(values=list(rows))


def _style(chart: Any, description: str) -> Any:
    """Gives a chart its words for screen readers and the looks that all charts share."""
    # One call: each one copies the chart with its data.
    return chart.properties(description=description, background="transparent").configure(
        font="system-ui, sans-serif",
        padding=4,
        view=altair.ViewConfig(stroke=None),
        axis=altair.AxisConfig(
            labelColor=TEXT,
            titleColor=TEXT,
            domainColor=FAINT,
            tickColor=FAINT,
            gridColor=FAINT,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            labelLimit=260,
        ),
        legend=altair.LegendConfig(
            labelColor=TEXT, titleColor=TEXT, labelFontSize=12, titleFontSize=12, labelLimit=320
        ),
        title=altair.TitleConfig(
            color=TEXT,
            subtitleColor=TEXT,
            anchor="start",
            fontSize=13,
            subtitleFontSize=11,
            offset=8,
            limit=270,
        ),
        text=altair.MarkConfig(color=TEXT, fontSize=12),
    )


def left_out(customer_accounting: pandas.DataFrame) -> Chart | None:
    """Who was left out and why: customers and rows for each reason, None when nobody was."""
    rows = [
        row
        for row in rows_of(customer_accounting)
        if row["outcome"] != "used" and (row["customers"] or row["rows"])
    ]
    if not rows:
        return None
    rows.sort(key=lambda row: (str(row["outcome"]), str(row["reason"])))
    reasons = [str(row["reason"]) for row in rows]
    panels = []
    for field, title in [("customers", "Customers"), ("rows", "Rows")]:
        data = [{**row, "text": number(row[field])} for row in rows if row[field] is not None]
        if not data:
            continue
        base = altair.Chart(_data(data)).encode(
            x=altair.X(f"{field}:Q", title=title, axis=altair.Axis(tickCount=4, format="~s")),
            y=altair.Y(
                "reason:N",
                title=None,
                scale=altair.Scale(domain=reasons),
                axis=altair.Axis(labels=not panels, ticks=False),
            ),
            tooltip=[
                altair.Tooltip("reason:N", title="Reason"),
                altair.Tooltip("outcome:N", title="Outcome"),
                altair.Tooltip("customers:Q", title="Customers", format=","),
                altair.Tooltip("rows:Q", title="Rows", format=","),
                altair.Tooltip("description:N", title="What it means"),
            ],
        )
        bars = base.mark_bar().encode(
            color=altair.Color(
                "outcome:N",
                title=None,
                scale=altair.Scale(domain=["excluded", "rejected"], range=[ORANGE, VERMILION]),
                legend=altair.Legend(orient="bottom"),
            )
        )
        words = base.mark_text(align="left", dx=5).encode(text="text:N")
        panels.append((bars + words).properties(width=330, height={"step": 28}))
    if not panels:
        return None
    return _style(
        altair.hconcat(*panels, spacing=36),
        "Bars: how many customers and rows were left out of the segmentation, for each reason.",
    )


def _edge_position(rows: Sequence[Row], value: float | None) -> float | None:
    """Where a value in raw units falls on an axis that counts bins."""
    if value is None:
        return None
    for row in rows:
        low, high = row["bin_low"], row["bin_high"]
        if low is not None and high is not None and low <= value <= high:
            width = high - low
            return row["bin"] + ((value - low) / width if width else 0.5)
    return None


def _distribution(rows: list[Row]) -> altair.LayerChart:
    """The histogram of one feature, its bins equally wide on the transformed scale."""
    first = rows[0]
    edges: dict[float, str] = {}
    for row in (rows[0], rows[len(rows) // 2]):
        edges[row["bin"]] = number(row["bin_low"])
    edges[rows[-1]["bin"] + 1] = number(rows[-1]["bin_high"])
    names = " : ".join(f"datum.value == {at} ? {json.dumps(text)}" for at, text in edges.items())
    data = [
        {
            "bin": row["bin"],
            "bin_end": row["bin"] + 1,
            "customers": row["customers"],
            "bin_range": f"{number(row['bin_low'])} to {number(row['bin_high'])}",
        }
        for row in rows
    ]
    axis = altair.Axis(
        values=list(edges), labelExpr=f"{names} : ''", grid=False, labelFlush=True, tickSize=4
    )
    bars = (
        altair.Chart(_data(data))
        .mark_bar(orient="vertical", color=BLUE if first["is_clustered"] else GREY, binSpacing=1)
        .encode(
            x=altair.X(
                "bin:Q",
                title=first["unit"],
                axis=axis,
                scale=altair.Scale(domain=[rows[0]["bin"], rows[-1]["bin"] + 1], nice=False),
            ),
            x2="bin_end:Q",
            y=altair.Y(
                "customers:Q", title=None, axis=altair.Axis(tickCount=3, format="~s", domain=False)
            ),
            tooltip=[
                altair.Tooltip("bin_range:N", title="Range"),
                altair.Tooltip("customers:Q", title="Customers", format=","),
            ],
        )
    )
    layers = [bars]
    median = _edge_position(rows, first["median"])
    if median is not None:
        mark = {"position": median, "median": number(first["median"])}
        layers.append(
            altair.Chart(_data([mark]))
            .mark_rule(color=VERMILION, size=2, strokeDash=[4, 3])
            .encode(x="position:Q", tooltip=[altair.Tooltip("median:N", title="Median")])
        )
    use = "clustered on" if first["is_clustered"] else "described, not clustered on"
    transform = first["transform"]
    scale = "" if transform in (None, "", "none", "identity") else f", {transform} scale"
    title = altair.TitleParams(text=str(first["label"]), subtitle=use + scale)
    return altair.layer(*layers).properties(width=262, height=110, title=title)


def feature_distributions(distributions: pandas.DataFrame) -> Chart | None:
    """One small histogram a feature, with the median marked."""
    features: dict[Any, list[Row]] = {}
    for row in rows_of(distributions):
        if row["bin"] is not None:
            features.setdefault(row["feature"], []).append(row)
    if not features:
        return None
    for rows in features.values():
        rows.sort(key=lambda row: row["bin"])
    order = sorted(features, key=lambda name: feature_key(features[name][0]))
    return _style(
        altair.concat(*[_distribution(features[name]) for name in order], columns=3, spacing=28),
        "Small histograms: how many customers have which value, one for each feature, with a "
        "dashed line at the median.",
    )


def _heat_map(
    rows: list[Row],
    columns: Sequence[str],
    lines: Sequence[str],
    value: str,
    limit: float,
    legend: str,
    tooltip: list[altair.Tooltip],
    slanted: bool,
) -> altair.LayerChart:
    """Cells with text in them. Each row has `column`, `line`, `text` and the field to colour by."""
    base = altair.Chart(_data(rows)).encode(
        x=altair.X(
            "column:N",
            title=None,
            scale=altair.Scale(domain=list(columns)),
            axis=altair.Axis(
                orient="top",
                labelAngle=-35 if slanted else 0,
                labelLimit=160 if slanted else max(60, 720 // max(1, len(columns))),
                ticks=False,
                domain=False,
            ),
        ),
        y=altair.Y(
            "line:N",
            title=None,
            scale=altair.Scale(domain=list(lines)),
            axis=altair.Axis(ticks=False, domain=False, labelPadding=8),
        ),
        tooltip=tooltip,
    )
    cells = base.mark_rect(stroke=FAINT, strokeWidth=0.5).encode(
        color=altair.Color(
            f"{value}:Q",
            title=legend,
            scale=altair.Scale(
                domain=[-limit, 0, limit], range=DIVERGING, clamp=True, interpolate="rgb"
            ),
            legend=altair.Legend(
                orient="bottom", direction="horizontal", gradientLength=220, titleLimit=500
            ),
        )
    )
    words = base.mark_text().encode(text="text:N")
    # Slanted words reach beyond the last column.
    padding = {"left": 4, "top": 4, "right": 110 if slanted else 4, "bottom": 4}
    return (cells + words).properties(
        autosize=FIT, width="container", height=30 * len(lines), padding=padding
    )


def feature_correlations(correlations: pandas.DataFrame) -> Chart | None:
    """How strongly each pair of features goes together, by rank."""
    rows = rows_of(correlations)
    if not rows:
        return None
    labels: dict[Any, str] = {}
    for row in sorted(rows, key=feature_key):
        labels.setdefault(row["feature_a"], str(row["label_a"]))
    for row in rows:
        row["line"], row["column"] = str(row["label_a"]), str(row["label_b"])
        row["text"] = "" if row["spearman"] is None else f"{row['spearman']:.2f}"
    names = list(labels.values())
    return _style(
        _heat_map(
            rows,
            names,
            names,
            "spearman",
            1.0,
            "Spearman correlation",
            [
                altair.Tooltip("line:N", title="Feature"),
                altair.Tooltip("column:N", title="With"),
                altair.Tooltip("spearman:Q", title="Spearman", format=".3f"),
                altair.Tooltip("pearson:Q", title="Pearson", format=".3f"),
                altair.Tooltip("customers:Q", title="Customers", format=","),
            ],
            slanted=True,
        ),
        "Heat map: the Spearman correlation of each pair of features.",
    )


def _curve(
    rows: list[Row],
    title: str,
    subtitle: str,
    lines: list[tuple[str, str]],
    number_format: str = "~g",
) -> altair.LayerChart | None:
    """One measure against the number of segments, with the chosen number marked."""
    series = [
        {"k": row["k"], "value": row[field], "line": name, "is_chosen": bool(row["is_chosen"])}
        for field, name in lines
        for row in rows
        if row[field] is not None
    ]
    if not series:
        return None
    known = {name: colour for (_, name), colour in zip(lines, [BLUE, GREY], strict=False)}
    base = altair.Chart(_data(series)).encode(
        x=altair.X(
            "k:O",
            title="number of segments",
            scale=altair.Scale(domain=sorted({row["k"] for row in rows})),
            axis=altair.Axis(labelAngle=0, labelOverlap=True, grid=False),
        ),
        y=altair.Y(
            "value:Q",
            title=None,
            scale=altair.Scale(zero=False),
            axis=altair.Axis(tickCount=4, format=number_format, domain=False),
        ),
        color=altair.Color(
            "line:N",
            title=None,
            scale=altair.Scale(domain=list(known), range=list(known.values())),
            legend=altair.Legend(orient="bottom", columns=1) if len(lines) > 1 else None,
        ),
        tooltip=[
            altair.Tooltip("k:O", title="Number of segments"),
            altair.Tooltip("line:N", title="Measure"),
            altair.Tooltip("value:Q", title="Value", format=",.4~f"),
        ],
    )
    layers: list[altair.Chart] = []
    chosen = [{"k": row["k"]} for row in rows if row["is_chosen"]]
    if chosen:
        rule = altair.Chart(_data(chosen)).mark_rule(
            color=VERMILION, strokeDash=[4, 3], size=1.5, opacity=0.9
        )
        layers.append(rule.encode(x="k:O"))
    layers += [base.mark_line(strokeWidth=2), base.mark_point(filled=True, size=38, opacity=1)]
    marked = [row for row in series if row["is_chosen"] and row["line"] == lines[0][1]]
    if marked:
        point = altair.Chart(_data(marked)).mark_point(
            filled=True, size=110, color=VERMILION, opacity=1
        )
        layers.append(
            point.encode(
                x="k:O",
                y="value:Q",
                tooltip=[
                    altair.Tooltip("k:O", title="Chosen number of segments"),
                    altair.Tooltip("value:Q", title=title, format=",.4~f"),
                ],
            )
        )
    heading = altair.TitleParams(text=title, subtitle=subtitle)
    return altair.layer(*layers).properties(width=262, height=150, title=heading)


def k_selection(selection: pandas.DataFrame) -> Chart | None:
    """Each measure of how many segments there are, against the number of segments."""
    rows = sorted(rows_of(selection), key=lambda row: row["k"])
    if not rows:
        return None
    panels = [
        _curve(rows, "Inertia", "look for the bend", [("inertia", "Inertia")], "~s"),
        _curve(
            rows,
            "Silhouette",
            "of squared distances, higher is better",
            [
                ("silhouette", "these customers"),
                ("structureless_silhouette", "data without clusters"),
            ],
        ),
        _curve(rows, "Stability", "adjusted Rand index, 1 is best", [("stability_ari", "Index")]),
        _curve(rows, "Davies-Bouldin", "lower is better", [("davies_bouldin", "Davies-Bouldin")]),
        _curve(
            rows,
            "Calinski-Harabasz",
            "higher is better",
            [("calinski_harabasz", "Calinski-Harabasz")],
            "~s",
        ),
        _curve(
            rows, "Smallest segment", "its share of customers", [("smallest_share", "Share")], ".0%"
        ),
    ]
    drawn = [panel for panel in panels if panel is not None]
    if not drawn:
        return None
    return _style(
        altair.concat(*drawn, columns=3, spacing=28).resolve_scale(color="independent"),
        "Line charts: the measures for each number of segments tried, the chosen number marked "
        "with a dashed line.",
    )


def segment_sizes(segments: pandas.DataFrame) -> Chart | None:
    """The share of customers and the share of revenue of each segment, side by side."""
    labels = segment_labels(segments)
    measures = {"customer_share": "share of customers", "revenue_share": "share of revenue"}
    rows = [
        {
            "segment": labels[row["segment_id"]],
            "measure": name,
            "share": row[field],
            "text": percent(row[field]),
        }
        for row in rows_of(segments)
        for field, name in measures.items()
        if row[field] is not None
    ]
    if not rows:
        return None
    names = list(labels.values())
    order = [name for name in measures.values() if any(row["measure"] == name for row in rows)]
    base = altair.Chart(_data(rows)).encode(
        x=altair.X(
            "share:Q", title=None, axis=altair.Axis(format=".0%", tickCount=6, domain=False)
        ),
        y=altair.Y(
            "segment:N",
            title=None,
            scale=altair.Scale(domain=names, paddingInner=0.3),
            axis=altair.Axis(ticks=False, labelPadding=8),
        ),
        yOffset=altair.YOffset("measure:N", scale=altair.Scale(domain=order)),
        tooltip=[
            altair.Tooltip("segment:N", title="Segment"),
            altair.Tooltip("measure:N", title="Measure"),
            altair.Tooltip("text:N", title="Share"),
        ],
    )
    bars = base.mark_bar().encode(
        color=altair.Color(
            "measure:N",
            title=None,
            scale=altair.Scale(domain=order, range=[BLUE, ORANGE][: len(order)]),
            legend=altair.Legend(orient="bottom"),
        )
    )
    words = base.mark_text(align="left", dx=5, fontSize=11).encode(text="text:N")
    return _style(
        (bars + words).properties(
            autosize=FIT, width="container", height=26 * len(order) * len(names)
        ),
        "Bars: the share of customers and the share of revenue of each segment.",
    )


def segment_profiles(profiles: pandas.DataFrame) -> Chart | None:
    """How far each segment is from all customers, labelled with its medians in raw units."""
    rows = rows_of(profiles)
    if not rows:
        return None
    labels = segment_labels(profiles)
    lines: dict[Any, str] = {}
    for row in sorted(rows, key=feature_key):
        unit = f" ({row['unit']})" if row["unit"] else ""
        star = "" if row["is_clustered"] else " *"
        lines.setdefault(row["feature"], f"{row['label']}{unit}{star}")
    for row in rows:
        row["column"], row["line"] = labels[row["segment_id"]], lines[row["feature"]]
        if row["median"] is None:
            row["text"] = ""
        else:
            row["text"] = (percent if row["unit"] == "share" else number)(row["median"])
    known = [abs(row["z_score"]) for row in rows if row["z_score"] is not None]
    limit = min(3.0, max([0.5, *known]))
    return _style(
        _heat_map(
            rows,
            list(labels.values()),
            list(lines.values()),
            "z_score",
            limit,
            "z-score: distance from all customers in standard deviations",
            [
                altair.Tooltip("column:N", title="Segment"),
                altair.Tooltip("line:N", title="Feature"),
                altair.Tooltip("median:Q", title="Median", format=",.4~f"),
                altair.Tooltip("p10:Q", title="10th percentile", format=",.4~f"),
                altair.Tooltip("p90:Q", title="90th percentile", format=",.4~f"),
                altair.Tooltip("mean:Q", title="Mean", format=",.4~f"),
                altair.Tooltip("population_median:Q", title="Median of all", format=",.4~f"),
                altair.Tooltip("lift:Q", title="Times the population", format=",.2~f"),
                altair.Tooltip("z_score:Q", title="z-score", format=".2f"),
            ],
            slanted=len(labels) > 6,
        ),
        "Heat map: the median of each feature in each segment, coloured by its distance from all "
        "customers.",
    )


def segment_attributes(attributes: pandas.DataFrame) -> Chart | None:
    """The attribute values furthest from an even spread, None when no attribute is known."""
    rows = [row for row in rows_of(attributes) if row["lift"] is not None and row["lift"] > 0]
    if not rows:
        return None
    labels = segment_labels(attributes)
    for row in rows:
        row["column"] = labels[row["segment_id"]]
        row["line"] = f"{row['attribute']}: {row['value']}"
        row["doublings"] = math.log2(row["lift"])
        row["text"] = f"{row['lift']:.2f} x"
    furthest: dict[str, float] = {}
    for row in rows:
        furthest[row["line"]] = max(furthest.get(row["line"], 0.0), row["lift"])
    kept = sorted(furthest, key=lambda line: (-furthest[line], line))[:MOST_ATTRIBUTE_VALUES]
    rows = [row for row in rows if row["line"] in set(kept)]
    return _style(
        _heat_map(
            rows,
            list(labels.values()),
            sorted(kept),
            "doublings",
            2.0,
            "doublings of the share among all customers",
            [
                altair.Tooltip("column:N", title="Segment"),
                altair.Tooltip("line:N", title="Attribute"),
                altair.Tooltip("customers:Q", title="Customers", format=","),
                altair.Tooltip("share:Q", title="Share in the segment", format=".1%"),
                altair.Tooltip("population_share:Q", title="Share among all", format=".1%"),
                altair.Tooltip("lift:Q", title="Times the population", format=".2f"),
            ],
            slanted=len(labels) > 6,
        ),
        "Heat map: how much more or less common an attribute value is in a segment than among all "
        "customers.",
    )


def projection(points: pandas.DataFrame) -> Chart | None:
    """A sample of customers on the two axes that hold most of the variance."""
    rows = rows_of(points)
    if not rows:
        return None
    labels = segment_labels(points)
    names = list(labels.values())
    data = [
        {"segment": labels[row["segment_id"]], "x": row["x"], "y": row["y"]}
        for row in rows
        if row["x"] is not None and row["y"] is not None
    ]
    colours = [SEGMENT_COLOURS[at % len(SEGMENT_COLOURS)] for at in range(len(names))]
    shapes = [SEGMENT_SHAPES[at % len(SEGMENT_SHAPES)] for at in range(len(names))]
    axis = altair.Axis(labels=False, ticks=False, domain=False, grid=False)
    legend = altair.Legend(orient="bottom", columns=min(4, len(names)), symbolOpacity=1)
    chart = (
        altair.Chart(_data(data))
        .mark_point(filled=True, size=32, opacity=0.75)
        .encode(
            x=altair.X("x:Q", title="first axis", axis=axis, scale=altair.Scale(zero=False)),
            y=altair.Y("y:Q", title="second axis", axis=axis, scale=altair.Scale(zero=False)),
            color=altair.Color(
                "segment:N",
                title=None,
                scale=altair.Scale(domain=names, range=colours),
                legend=legend,
            ),
            shape=altair.Shape(
                "segment:N",
                title=None,
                scale=altair.Scale(domain=names, range=shapes),
                legend=legend,
            ),
            tooltip=[altair.Tooltip("segment:N", title="Segment")],
        )
        .properties(autosize=FIT, width="container", height=420)
    )
    return _style(chart, "Scatter plot: a sample of customers on two axes, one colour a segment.")
