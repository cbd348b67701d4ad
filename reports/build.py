"""Puts the charts and the tables into one HTML file that needs no network."""

import base64
import datetime
import functools
import hashlib
import operator
import pathlib
from typing import Any

import altair
import jinja2
import pandas
import vl_convert

from segmart.release.storage import written_whole
from segmart.sentences import list_command

from . import charts, story, sure
from .audiences import MOST_CARDS, audience_cards
from .rows import Row, feature_key, first_row, rows_of, segment_labels
from .words import Words

# What a report is of when nothing else is said.
SETTINGS = {
    "report_title": "default",
    "currency": "none",
    "report_language": "en",
    "share_shift_warn": 0.1,
    "input": None,
    "serve": "serve/dev",
}

# The input that segmart comes with; its amounts are dollars.
DEMO = "complete_journey"


def drawing_library(folder: pathlib.Path | None = None) -> str:
    """Vega, Vega-Lite and Vega-Embed as one script that keeps its names to itself.

    To bundle it takes longer than to make all charts: it is kept in the folder, if one is given.
    """
    version = ".".join(altair.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    kept = folder and folder / f"vega-lite-{version}-of-vl-convert-{vl_convert.__version__}.js"
    if kept and kept.exists():
        bundle = kept.read_bytes().decode()
    else:
        bundle = _bundle(version)
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            with written_whole(kept) as aside:
                aside.write_bytes(bundle.encode())
    script = bundle.replace("\r\n", "\n")
    if "</script" in script.lower() or "<!--" in script:
        raise ValueError("the drawing library cannot be written inside a script element")
    return f"(function () {{\n{script}\n}})();"


@functools.cache
def _bundle(version: str) -> str:
    return vl_convert.javascript_bundle(vl_version=version)


def content_hash(script: str) -> str:
    """The source expression by which a content security policy allows exactly this script."""
    digest = hashlib.sha256(str(script).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _cards(
    segments: list[Row],
    profiles: list[Row],
    month: story.Changes,
    history: list[Row],
    outlook: list[Row],
    serve: str,
    words: Words,
) -> list[Row]:
    """What the card and the section of each segment say, in the order of the segments."""
    labels = segment_labels(segments)
    recent = {(row["as_of"], row["segment_id"]): row["recent_revenue"] for row in history}
    # Of each segment the row that looks furthest ahead.
    expected = {row["segment_id"]: row for row in sorted(outlook, key=operator.itemgetter("days"))}
    cards = []
    for row in segments:
        own = [profile for profile in profiles if profile["segment_id"] == row["segment_id"]]
        medians = {profile["feature"]: profile["median"] for profile in own}
        rhythm = None
        if medians.get("median_days_between_orders") and medians.get("orders"):
            rhythm = words(
                "cards.rhythm_value",
                pause=words.amount(medians["median_days_between_orders"], "days"),
                orders=words("cards.orders", count=medians["orders"]),
            )
        identifier = row["segment_id"]
        before, now = month.size(identifier, 0), month.size(identifier, 1)
        recent_before, recent_now = (
            recent.get((date, identifier)) for date in (month.since, month.until)
        )
        cards.append(
            row
            | {
                "name": labels[identifier],
                "colour": charts.colour_of(identifier),
                "traits": story.traits(own, words),
                "profile": [at for at in own if not _is_all_zero(at, words)],
                "rhythm": rhythm,
                "typical_spend": medians.get("spend"),
                "spend": row["revenue"] / row["customers"]
                if row["customers"] and row["revenue"] is not None
                else None,
                "list_command": list_command(
                    f"segment_{identifier}.csv", identifier, f"{serve}/segmart.duckdb"
                ),
                "recent": recent_now,
                "recent_change": recent_now - recent_before
                if month.is_known and None not in (recent_now, recent_before)
                else None,
                "expected": expected.get(identifier),
                "change": now - before if month.is_known else None,
                "origins": _sides(month, identifier, 1, labels, words),
                "targets": _sides(month, identifier, 0, labels, words),
            }
        )
    return cards


def _is_all_zero(row: Row, words: Words) -> bool:
    """Whether nobody has anything of a feature, as it is read."""
    read = {words.amount(row[name], row["unit"]) for name in ("value", "typical", "p10", "p90")}
    return read == {words.amount(0, row["unit"])}


def _sides(
    month: story.Changes, segment: Any, side: int, labels: dict[Any, str], words: Words
) -> list[str]:
    """Where the customers of a segment came from (side 1) or went to (side 0)."""
    missing = "new_customers" if side else "gone"
    return [
        f"{story.named(flow[1 - side], labels, words, missing)}: {words.number(flow[2])}"
        for flow in month.flows()
        if flow[side] == segment
    ]


def _heat_map(profiles: list[Row], words: Words) -> Row:
    """The profile of each feature, a row each, with a cell for each segment."""
    lines: dict[Any, Row] = {}
    for row in sorted(profiles, key=feature_key):
        mark = "" if row["is_clustered"] else " *"
        mark += " †" if row["is_average"] else ""
        line = lines.setdefault(
            row["feature"],
            {
                "label": words.label(row) + mark,
                "typical": words.bare(row["typical"], row["unit"]),
                "cells": {},
            },
        )
        line["cells"][row["segment_id"]] = {
            "text": "" if row["value"] is None else words.bare(row["value"], row["unit"]),
            "tint": charts.tint(row["z_score"]),
        }
    # What reads the same in every segment sets none apart.
    shown = [
        line
        for line in lines.values()
        if len({cell["text"] for cell in line["cells"].values()} | {line["typical"]}) > 1
    ]
    return {"rows": shown, "has_average": any("†" in line["label"] for line in shown)}


def _correlations(rows: list[Row], words: Words) -> list[Row]:
    """A numbered line a feature, with its correlation with each."""
    lines: dict[Any, Row] = {}
    order = {}
    for row in sorted(rows, key=feature_key):
        order.setdefault(row["feature_a"], len(order) + 1)
    for row in sorted(rows, key=feature_key):
        line = lines.setdefault(
            row["feature_a"], {"label": words.seed(row["label_a"]), "cells": {}}
        )
        value = row["spearman"]
        line["cells"][order.get(row["feature_b"])] = {
            "text": "" if value is None else words.fixed(value, 2),
            "tint": charts.tint(value, 1),
        }
    return list(lines.values())


def _described_by_hand(overrides: list[Row]) -> set[str]:
    """The numbers of the segments that a person has described; the made ones are of the fit."""
    return {str(row["segment_id"]).strip() for row in overrides if row["description"]}


def render(frames: dict[str, pandas.DataFrame], folder: pathlib.Path | None = None) -> str:
    """The report as HTML: the same text for the same frames; for the folder see drawing_library."""
    rows = {name: rows_of(frame) for name, frame in frames.items()}
    settings = SETTINGS | dict(first_row(rows.get("report_settings", [])))
    is_demo = settings["input"] == DEMO
    if is_demo and settings["currency"] == "none":
        settings["currency"] = "$"
    words = Words(settings["report_language"], settings["currency"])
    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FileSystemLoader(pathlib.Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "allow_nan": False}
    environment.filters.update(
        number=words.number,
        percent=words.percent,
        money=words.money,
        content_hash=content_hash,
    )
    segments = story.in_order_of_value(rows["segments"])
    labels = segment_labels(segments)
    profiles = story.compared(rows["segment_profiles"])
    month = story.month(rows)
    compared_from = first_row(rows["segment_migrations"])["from_as_of"]
    border, borders = sure.borders(rows["segment_borders"], labels, words)
    model = first_row([row for row in rows["model_versions"] if row["status"] == "active"])
    verdict = first_row(rows["cluster_verdict"])
    features = {row["feature"]: words.seed(row["label"]) for row in profiles}
    findings = rows.get("input_check", [])
    dates = first_row(rows["as_of_date"])
    history = rows.get("segment_history", [])
    days = story.recent_days(history)
    causes: dict[str, int] = {}
    for row in rows.get("recent_moves", []):
        causes[row["cause"]] = causes.get(row["cause"], 0) + row["customers"]
    warnings = rows.get("build_warnings", [])
    gates, explained = rows.get("model_gates", []), rows.get("outcomes_explained", [])
    decisions = sure.decisions(warnings, rows["model_versions"], gates, findings, words)
    how_sure = sure.how_sure(verdict, border, segments, words)
    shifts = sure.shifts(
        rows.get("feature_drift", []), segments, features, settings["share_shift_warn"], words
    )
    reasons = story.reasons(
        rows.get("recent_move_features", []),
        profiles,
        rows.get("model_scales", []),
        labels,
        words,
    )
    audiences = audience_cards(
        rows.get("audience_definitions", []), rows.get("audience_outcomes", []), words
    )
    text = environment.get_template("template.html.jinja").render(
        t=words,
        audiences=audiences[:MOST_CARDS],
        audiences_left_out=len(audiences[MOST_CARDS:]),
        audience_columns=_columns(len(audiences[:MOST_CARDS])),
        title=words("page.title")
        if settings["report_title"] == "default"
        else settings["report_title"],
        settings=settings,
        is_demo=is_demo,
        accounting=rows["customer_accounting"],
        attributes=story.over_represented(rows.get("segment_attributes", []), words),
        has_attributes=bool(rows.get("segment_attributes")),
        borders=borders,
        bought=story.bought_more(rows["segment_categories"], words)
        if rows.get("segment_categories")
        else None,
        reasons=reasons,
        flows=len(month.flows()),
        most_flows=story.FLOWS_SHOWN,
        same_reason=len({row["feature"] for row in reasons}) == 1,
        revenue_heading=days and words("moves.history_revenue", days=days),
        cards=_cards(
            segments,
            profiles,
            month,
            history,
            rows.get("segment_outlook", []),
            settings["serve"],
            words,
        ),
        columns=_columns(len(segments)),
        config=charts.CONFIG,
        correlations=_correlations(rows["feature_correlations"], words),
        data_until=_data_until(dates),
        features=_feature_statistics(rows["feature_distributions"]),
        heat_map=_heat_map(profiles, words),
        know=story.what_to_know(
            segments,
            profiles,
            _periods(rows, month),
            causes,
            [how_sure, *shifts],
            decisions,
            words,
        ),
        described=_described_by_hand(rows.get("segment_name_overrides", [])),
        as_of=dates["as_of"],
        has_dates=dates["first_on"] is not None,
        compared_from=compared_from,
        compared_days=_days_between(compared_from, month.until),
        shifts=shifts,
        sure=how_sure,
        checks=sure.checks(rows["model_versions"], gates, words),
        outcomes=sure.outcomes(explained, words) if explained else [],
        labels=labels,
        library=drawing_library(folder),
        model=model,
        month=month,
        notes=[row["finding"] for row in findings if row["is_switched_off"]],
        warnings=[row["sentence"] for row in warnings],
        explained=first_row(rows["projection"])["explained"],
        points=len(rows["projection"]),
        selection=sorted(rows["k_selection"], key=lambda row: row["k"]),
        specifications=charts.specifications(rows, words),
        verdict=verdict,
    )
    # Texts from outside may hold halves of characters that UTF-8 cannot write.
    return text.encode(errors="replace").decode()


def _days_between(since: str | None, until: str | None) -> int | None:
    if since is None or until is None:
        return None
    return (datetime.date.fromisoformat(until) - datetime.date.fromisoformat(since)).days


def _data_until(dates: Row) -> str | None:
    """The last day whose orders count; of metrics, which have no dates, the day of the build."""
    if dates["as_of"] is None or dates["first_on"] is None:
        return dates["as_of"]
    day = datetime.date.fromisoformat(dates["as_of"]) - datetime.timedelta(days=1)
    return day.isoformat()


def _periods(rows: dict[str, list[Row]], month: story.Changes) -> list[story.Changes]:
    """Since about a month ago and since the last release; one where they are the same."""
    last = story.since_last_release(
        rows.get("recent_moves", []),
        rows["segments"],
        rows.get("segment_history", []),
        month.until,
    )
    return [month] if last.since in (month.since, month.until) else [month, last]


def _columns(cards: int) -> int:
    """In how many columns so many cards leave none alone in the last row."""
    return next((at for at in (3, 2, 4, 5) if cards % at != 1), 3)


def _feature_statistics(distributions: list[Row]) -> list[Row]:
    """One row a feature, the clustered ones first."""
    features: dict[Any, Row] = {}
    for row in distributions:
        features.setdefault(row["feature"], row)
    return sorted(features.values(), key=feature_key)


def build_report(
    frames: dict[str, pandas.DataFrame],
    path: str | pathlib.Path,
    folder: str | pathlib.Path | None = None,
) -> None:
    """Writes the report."""
    content = render(frames, folder and pathlib.Path(folder)).encode()
    target = pathlib.Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(target) as aside:
        aside.write_bytes(content)
