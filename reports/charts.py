"""Charts of the report, each a pure function of rows and words.

A segment's colour is its own in every chart; above and below all customers have two others. Text
takes the colour of the page it stands on (`currentColor`), so that a chart reads equally well on a
light and on a dark page. A chart is as wide as its place, and several panels are charts of their
own, so that they fit a phone and a sheet of paper. Its looks are those of `CONFIG`, which stands in
the page once. Rows go into a chart as plain values, a missing one as null.

Names come from outside, so they are given as data and as domains of scales, never as a sort order:
Vega-Lite would write a sort order into an expression, which a name with odd characters breaks.
"""

import datetime
import json
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import altair
from altair.utils.schemapi import debug_mode

from . import story
from .rows import Row, feature_key, segment_labels
from .words import Words

Chart = altair.Chart | altair.LayerChart

BLUE = "#0072B2"
VERMILION = "#D55E00"
GREY = "#8C8C8C"
# The first ones are from the Okabe-Ito palette.
SEGMENT_COLOURS = [
    *(BLUE, "#E69F00", "#CC79A7", "#56B4E9", VERMILION, "#6A51A3"),
    *("#B5A800", "#882255", GREY, "#3B8F2E", "#8FA8E8", "#5C6B00"),
]
# Above and below all customers, as red, green and blue: of no segment.
ABOVE, BELOW = (1, 133, 113), (166, 97, 26)
TEXT = "currentColor"
FAINT = "rgba(140, 140, 140, 0.3)"

# As wide as its place, as high as the chart needs.
FIT = altair.AutoSizeParams(type="fit-x", contains="padding")
CONFIG: Row = {
    "font": "system-ui, sans-serif",
    "padding": 4,
    "view": {"stroke": None},
    "axis": {
        "labelColor": TEXT,
        "titleColor": TEXT,
        "domainColor": FAINT,
        "tickColor": FAINT,
        "gridColor": FAINT,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
    "legend": {"labelColor": TEXT, "labelFontSize": 12, "labelLimit": 240},
    "title": {
        "color": TEXT,
        "subtitleColor": TEXT,
        "anchor": "start",
        "fontSize": 13,
        "subtitleFontSize": 11,
        "offset": 8,
    },
    "text": {"color": TEXT, "fontSize": 12},
}
# The rest of the page may set it: the segment that a reader looks at.
SELECTED = "selected == null || datum.segment_id == selected"
# The dates under a line are a quarter of its length apart, or more.
DATES_APART = 4
# Of the width, what the longest bar takes; its number stands beside it.
LONGEST_BAR = 0.72


# To hold each part of a chart against its schema takes half as long again as to make it; the tests
# do it, and draw the charts in a browser.
@debug_mode(False)
def specifications(rows: dict[str, list[Row]], words: Words) -> dict[str, Row]:
    """The Vega-Lite specification of every chart that has something to show, by name."""
    segments = story.in_order_of_value(rows["segments"])
    labels = segment_labels(segments)
    month = story.month(rows)
    drawn = {
        "segment_sizes": segment_sizes(segments, words),
        "flows": flows(month, labels, words) if month.is_known else None,
        "projection": projection(rows["projection"], words),
    }
    history = story.over_time(rows.get("segment_history", []))
    if len({row["as_of"] for row in history}) > 1:
        history = [
            row | {"line": story.named(row["segment_id"], labels, words, "gone")} for row in history
        ]
        drawn["history_customers"] = over_time(
            history, "customers", None, words("moves.history_customers"), words
        )
        for identifier in labels:
            own = [row for row in history if row["segment_id"] == identifier]
            drawn[f"history_{identifier}"] = over_time(
                own, "customers", None, words("moves.history_customers"), words
            )
    days = story.recent_days(history)
    if days:
        what = words("moves.history_revenue", days=days)
        drawn["history_revenue"] = over_time(history, "recent_revenue", "currency", what, words)
    for name, panels in (
        ("k_selection", k_selection(rows["k_selection"], words)),
        ("distribution", feature_distributions(rows["feature_distributions"], words)),
    ):
        drawn |= {f"{name}_{at}": panel for at, panel in enumerate(panels, start=1)}
    return {
        name: chart.to_dict(validate=False) for name, chart in drawn.items() if chart is not None
    }


def colour_of(segment: Any) -> str:
    """The colour of a segment, the same in every chart and release; grey for none."""
    if not isinstance(segment, int):
        return GREY
    return SEGMENT_COLOURS[(segment - 1) % len(SEGMENT_COLOURS)]


def tint(z_score: float | None, limit: float = 2.0) -> str:
    """The colour of a cell of a heat map: nothing in the middle, strong at the limit and beyond."""
    if z_score is None:
        return "transparent"
    red, green, blue = ABOVE if z_score > 0 else BELOW
    return f"rgba({red}, {green}, {blue}, {0.55 * min(1.0, abs(z_score) / limit):.2f})"


def _data(rows: Iterable[Row]) -> altair.InlineData:
    # A list would be copied, row by row, in each step from here to the chart.
    return altair.InlineData(values=tuple(rows))


def _fitted(chart: Any, description: str, height: float) -> Any:
    """The chart as wide as its place, with its words for screen readers."""
    return chart.properties(
        description=description,
        background="transparent",
        autosize=FIT,
        width="container",
        height=height,
    )


def _of_segments(chart: Any) -> Any:
    """A chart in which the page can show one segment alone."""
    return chart.add_params(altair.param(name="selected", value=None))


def _when_selected(opacity: float = 1, faint: float = 0.15) -> altair.OpacityValue:
    return altair.OpacityValue(faint, condition={"test": SELECTED, "value": opacity})


def in_lines(text: str) -> str:
    """A name in lines of about the width that a phone has room for."""
    is_wide = any(unicodedata.east_asian_width(sign) in "WF" for sign in text)
    return "\n".join(textwrap.wrap(text, 21 if is_wide else 34)) or text


def bars(rows: list[Row], description: str, groups: Sequence[float] = (1,)) -> Chart | None:
    """Bars, each under its name and with its number beside it.

    Args:
        rows: line (name of the bar or of the pair of bars), value, text, colour, segment_id, and
            details, the words that appear over it.
        description: of the chart, for screen readers.
        groups: opacity of each bar of a line, whose rows have its place in ``group``.
    """
    if not rows:
        return None
    rows = [{"group": 0, **row, "line": in_lines(row["line"])} for row in rows]
    breaks = max(row["line"].count("\n") for row in rows)
    for row in rows:
        # A short name stands next to its bar too.
        row["line"] = "\n" * (breaks - row["line"].count("\n")) + row["line"]
    lines = list(dict.fromkeys(row["line"] for row in rows))
    deep = 15 * (breaks + 1) + 3
    thick = 13 * len(groups)
    step = deep + thick + 8
    base = altair.Chart(_data(rows)).encode(
        x=altair.X(
            "value:Q",
            axis=None,
            scale=altair.Scale(domain=[0, max(row["value"] for row in rows) / LONGEST_BAR or 1]),
        ),
        y=altair.Y(
            "line:N",
            title=None,
            scale=altair.Scale(domain=lines, paddingInner=(deep + 8) / step, paddingOuter=0),
            axis=altair.Axis(
                labelExpr="split(datum.label, '\\n')",
                labelAlign="left",
                labelBaseline="top",
                labelPadding=0,
                labelOffset=-(thick / 2 + deep),
                labelLimit=0,
                labelOverlap=False,
                ticks=False,
                domain=False,
            ),
        ),
        yOffset=altair.YOffset("group:O", scale=altair.Scale(domain=list(range(len(groups))))),
        opacity=_when_selected(),
        tooltip=[altair.Tooltip("details:N", title="")],
    )
    drawn = base.mark_bar().encode(
        color=altair.Color("colour:N", scale=None),
        fillOpacity=altair.FillOpacity(
            "group:O",
            legend=None,
            scale=altair.Scale(domain=list(range(len(groups))), range=list(groups)),
        ),
    )
    words = base.mark_text(align="left", dx=5).encode(text=altair.Text("text:N"))
    chart = _fitted(_of_segments(drawn + words), description, step * len(lines) - deep - 8)
    # The first name stands above the plot.
    return chart.properties(padding={"top": deep + 4, "left": 2, "right": 2, "bottom": 2})


def segment_sizes(segments: list[Row], words: Words) -> Chart | None:
    """The share of customers and the share of revenue of each segment, one below the other."""
    labels = segment_labels(segments)
    measures = [("customer_share", "share_of_customers"), ("revenue_share", "share_of_revenue")]
    has_revenue = any(row["revenue_share"] is not None for row in segments)
    rows = [
        {
            "line": labels[row["segment_id"]],
            "group": group,
            "value": row[field],
            "text": words.percent(row[field]),
            "details": f"{labels[row['segment_id']]}, {words('cards.' + name)}: "
            f"{words.percent(row[field])}",
            "colour": colour_of(row["segment_id"]),
            "segment_id": row["segment_id"],
        }
        for row in segments
        for group, (field, name) in enumerate(measures)
        if row[field] is not None
    ]
    groups = (0.45, 1) if has_revenue else (0.45,)
    return bars(rows, words("cards.sizes_description"), groups)


def flows(month: story.Changes, labels: dict[Any, str], words: Words) -> Chart | None:
    """The largest changes of segment, in the colour of the segment before."""
    rows = []
    for origin, target, count in month.flows()[: story.FLOWS_SHOWN]:
        line = (
            f"{story.named(origin, labels, words, 'new_customers')} → "
            f"{story.named(target, labels, words, 'gone')}"
        )
        text = words.number(count)
        if origin is not None:
            text += f" ({words.percent(count / month.size(origin, 0))})"
        rows.append(
            {
                "line": line,
                "value": count,
                "text": text,
                "details": f"{line}: {text}",
                "colour": colour_of(origin),
                "segment_id": origin,
            }
        )
    return bars(rows, words("moves.flows_description"))


def _labelled(dates: list[str]) -> list[altair.DateTime]:
    """The first day, the last, and those between them that have room for their date on a phone."""
    days = [datetime.date.fromisoformat(day) for day in dates]
    apart = (days[-1] - days[0]) / DATES_APART
    shown = days[:1]
    for day in days[1:-1]:
        if day - shown[-1] >= apart <= days[-1] - day:
            shown.append(day)
    return [
        altair.DateTime(year=day.year, month=day.month, date=day.day, utc=True)
        for day in dict.fromkeys([*shown, days[-1]])
    ]


def over_time(
    rows: list[Row], field: str, unit: str | None, what: str, words: Words
) -> Chart | None:
    """A line a segment: rows have segment_id, line (its name), as_of and the field."""
    data = [
        {
            "segment_id": row["segment_id"],
            "day": row["as_of"],
            "value": row[field],
            "details": f"{row['line']}, {words.date(row['as_of'])}: "
            f"{words.amount(row[field], unit)}",
        }
        for row in rows
        if row[field] is not None
    ]
    if not data:
        return None
    identifiers = sorted({row["segment_id"] for row in data})
    days = sorted({row["day"] for row in data})
    base = altair.Chart(_data(data)).encode(
        x=altair.X(
            "utcyearmonthdate(day):T",
            title=words("moves.history_day", years=" / ".join(sorted({day[:4] for day in days}))),
            axis=altair.Axis(
                format=words.texts["signs"]["day"],
                grid=False,
                values=_labelled(days),
                labelFlush=False,
                labelOverlap=False,
            ),
        ),
        y=altair.Y(
            "value:Q",
            title=None,
            axis=altair.Axis(
                tickCount=4, format="$,.0f" if unit == "currency" else ",.0f", domain=False
            ),
        ),
        color=altair.Color(
            "segment_id:N",
            legend=None,
            scale=altair.Scale(domain=identifiers, range=[colour_of(at) for at in identifiers]),
        ),
        opacity=_when_selected(),
        tooltip=[altair.Tooltip("details:N", title="")],
    )
    drawn = base.mark_line(strokeWidth=2) + base.mark_point(filled=True, size=40)
    return _fitted(_of_segments(drawn), words("moves.history_description", what=what), 200)


def projection(points: list[Row], words: Words) -> Chart | None:
    """A sample of customers on the two axes that hold most of the variance."""
    labels = segment_labels(points)
    data = [
        {
            "segment_id": row["segment_id"],
            "segment": labels[row["segment_id"]],
            "x": round(row["x"], 3),
            "y": round(row["y"], 3),
        }
        for row in points
        if row["x"] is not None and row["y"] is not None
    ]
    if not data:
        return None
    axis = altair.Axis(labels=False, ticks=False, domain=False, grid=False)
    chart = (
        altair.Chart(_data(data))
        .mark_point(filled=True, size=32)
        .encode(
            x=altair.X("x:Q", title=None, axis=axis, scale=altair.Scale(zero=False)),
            y=altair.Y("y:Q", title=None, axis=axis, scale=altair.Scale(zero=False)),
            color=altair.Color(
                "segment_id:N",
                legend=None,
                scale=altair.Scale(domain=list(labels), range=[colour_of(at) for at in labels]),
            ),
            opacity=_when_selected(0.75, 0.06),
            tooltip=[altair.Tooltip("segment:N", title="")],
        )
    )
    return _fitted(_of_segments(chart), words("sure.map_description"), 380)


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


def _distribution(rows: list[Row], words: Words) -> Chart:
    """The histogram of one feature, its bins equally wide on the transformed scale."""
    first = rows[0]
    edges: dict[float, str] = {}
    for row in (rows[0], rows[len(rows) // 2]):
        edges[row["bin"]] = words.number(row["bin_low"])
    edges[rows[-1]["bin"] + 1] = words.number(rows[-1]["bin_high"])
    names = " : ".join(f"datum.value == {at} ? {json.dumps(text)}" for at, text in edges.items())
    data = [
        {
            "bin": row["bin"],
            "bin_end": row["bin"] + 1,
            "customers": row["customers"],
            "details": words(
                "appendix.bin",
                low=words.number(row["bin_low"]),
                high=words.number(row["bin_high"]),
            )
            + f": {words.number(row['customers'])}",
        }
        for row in rows
    ]
    axis = altair.Axis(
        values=list(edges), labelExpr=f"{names} : ''", grid=False, labelFlush=True, tickSize=4
    )
    drawn = [
        altair.Chart(_data(data))
        .mark_bar(orient="vertical", color=BLUE if first["is_clustered"] else GREY, binSpacing=1)
        .encode(
            x=altair.X(
                "bin:Q",
                title=None,
                axis=axis,
                scale=altair.Scale(domain=[rows[0]["bin"], rows[-1]["bin"] + 1], nice=False),
            ),
            x2=altair.X2("bin_end:Q"),
            y=altair.Y(
                "customers:Q",
                title=None,
                axis=altair.Axis(tickCount=3, format=",.0f", domain=False),
            ),
            tooltip=[altair.Tooltip("details:N", title="")],
        )
    ]
    median = _edge_position(rows, first["median"])
    if median is not None:
        mark = {
            "position": median,
            "details": f"{words('appendix.median')}: {words.number(first['median'])}",
        }
        drawn.append(
            altair.Chart(_data([mark]))
            .mark_rule(color=VERMILION, size=2, strokeDash=[4, 3])
            .encode(x=altair.X("position:Q"), tooltip=[altair.Tooltip("details:N", title="")])
        )
    use = words("appendix.clustered" if first["is_clustered"] else "appendix.not_clustered")
    transform = first["transform"]
    if transform not in (None, "", "none", "identity"):
        use += words("appendix.scale", transform=transform)
    title = altair.TitleParams(text=in_lines(words.label(first)).split("\n"), subtitle=use)
    description = words("appendix.distribution_description", what=words.label(first))
    return _fitted(altair.layer(*drawn, title=title), description, 110)


def feature_distributions(distributions: list[Row], words: Words) -> list[Chart]:
    """One small histogram a feature, with the median marked."""
    features: dict[Any, list[Row]] = {}
    for row in distributions:
        if row["bin"] is not None:
            features.setdefault(row["feature"], []).append(row)
    for rows in features.values():
        rows.sort(key=lambda row: row["bin"])
    order = sorted(features, key=lambda name: feature_key(features[name][0]))
    return [_distribution(features[name], words) for name in order]


def _curve(
    rows: list[Row],
    measure: str,
    fields: dict[str, str],
    words: Words,
    number_format: str = "~g",
) -> Chart | None:
    """One measure against the number of segments, with the chosen number marked."""
    series = [
        {
            "k": row["k"],
            "value": row[field],
            "line": name,
            "details": f"{row['k']} {words('page.segments')}, {name}: {words.number(row[field])}",
        }
        for field, name in fields.items()
        for row in rows
        if row[field] is not None
    ]
    if not series:
        return None
    base = altair.Chart(_data(series)).encode(
        x=altair.X(
            "k:O",
            title=words("appendix.k"),
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
            scale=altair.Scale(domain=list(fields.values()), range=[BLUE, GREY][: len(fields)]),
            legend=altair.Legend(orient="bottom", columns=1) if len(fields) > 1 else None,
        ),
        tooltip=[altair.Tooltip("details:N", title="")],
    )
    drawn: list[altair.Chart] = []
    chosen = [{"k": row["k"]} for row in rows if row["is_chosen"]]
    if chosen:
        rule = altair.Chart(_data(chosen)).mark_rule(
            color=VERMILION, strokeDash=[4, 3], size=1.5, opacity=0.9
        )
        drawn.append(rule.encode(x=altair.X("k:O")))
    drawn += [base.mark_line(strokeWidth=2), base.mark_point(filled=True, size=38, opacity=1)]
    name = words(f"appendix.{measure}")
    title = altair.TitleParams(text=name, subtitle=words(f"appendix.{measure}_note"))
    description = words("appendix.k_description", what=name)
    return _fitted(altair.layer(*drawn, title=title), description, 150)


def k_selection(selection: list[Row], words: Words) -> list[Chart]:
    """Each measure of how many segments there are, against the number of segments."""
    rows = sorted(selection, key=lambda row: row["k"])
    silhouettes = {
        "silhouette": words("appendix.silhouette_these"),
        "structureless_silhouette": words("appendix.structureless"),
    }
    curves = [
        _curve(rows, "inertia", {"inertia": words("appendix.inertia")}, words, "~s"),
        _curve(rows, "silhouette", silhouettes, words),
        _curve(rows, "stability", {"stability_ari": words("appendix.stability")}, words),
        *(
            _curve(rows, name, {name: words(f"appendix.{name}")}, words, form)
            for name, form in (("davies_bouldin", "~g"), ("calinski_harabasz", "~s"))
        ),
        _curve(rows, "smallest", {"smallest_share": words("appendix.smallest")}, words, ".0%"),
    ]
    return [curve for curve in curves if curve is not None]
