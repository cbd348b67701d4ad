"""Puts the charts and the tables into one HTML file that needs no network."""

import base64
import hashlib
import os
import pathlib
from typing import Any

import altair
import jinja2
import pandas
import vl_convert

from . import charts
from .projection import project

# Frames a report cannot do without. `segment_attributes`, `notes` and `warnings` may be missing.
REQUIRED = (
    "customer_accounting",
    "feature_distributions",
    "feature_correlations",
    "k_selection",
    "cluster_verdict",
    "model_versions",
    "segments",
    "segment_profiles",
    "segment_migrations",
    "projection",
)
STRONGEST_FEATURES = 3
ATTRIBUTES_A_SEGMENT = 3

Row = dict[str, Any]

TRUST = {
    "solid": "Solid: resamples of the customers find it again.",
    "soft": "Soft: resamples find most of it again; its border moves.",
    "do not act on this": (
        "Do not act on this: too few customers, or resamples do not find it again."
    ),
}


def drawing_library(folder: pathlib.Path | None = None) -> str:
    """Vega, Vega-Lite and Vega-Embed as one script that keeps its names to itself.

    To bundle it takes as long as all charts: the bundle is kept in the folder, if one is given.
    """
    version = ".".join(altair.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    kept = folder and folder / f"vega-lite-{version}-of-vl-convert-{vl_convert.__version__}.js"
    if kept and kept.exists():
        bundle = kept.read_bytes().decode()
    else:
        bundle = vl_convert.javascript_bundle(vl_version=version)
        if kept:
            _write(kept, bundle.encode())
    script = bundle.replace("\r\n", "\n")
    if "</script" in script.lower() or "<!--" in script:
        raise ValueError("the drawing library cannot be written inside a script element")
    return f"(function () {{\n{script}\n}})();"


def _write(target: pathlib.Path, content: bytes) -> None:
    """Writes the file aside and moves it into place, so that a reader never meets half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        aside.write_bytes(content)
        os.replace(aside, target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def content_hash(script: str) -> str:
    """The source expression by which a content security policy allows exactly this script."""
    digest = hashlib.sha256(str(script).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def strongest_features(profiles: list[Row]) -> list[str]:
    """What sets one segment apart, in words: the clustered features furthest from the middle."""
    known = [row for row in profiles if row["is_clustered"] and row["z_score"] is not None]
    known.sort(key=lambda row: (-abs(row["z_score"]), str(row["feature"])))
    sentences = []
    for row in known[:STRONGEST_FEATURES]:
        text = f"{row['label']}: median {charts.amount(row['median'], row['unit'])}"
        if row["lift"] is not None:
            text += f", {charts.number(row['lift'])} x the population"
        elif row["population_median"] is not None:
            text += f", population {charts.amount(row['population_median'], row['unit'])}"
        sentences.append(text)
    return sentences


def _cards(segments: pandas.DataFrame, profiles: pandas.DataFrame) -> list[Row]:
    """The segments in the order of their identifiers, with their strongest features."""
    profile_rows = charts.rows_of(profiles)
    cards = sorted(charts.rows_of(segments), key=lambda row: charts.sort_key(row["segment_id"]))
    for card in cards:
        card["trust_sentence"] = TRUST.get(card["trust"], card["trust"])
        own = [row for row in profile_rows if row["segment_id"] == card["segment_id"]]
        card["strongest"] = strongest_features(own)
    return cards


def _migrations(migrations: pandas.DataFrame, segments: pandas.DataFrame) -> Row | None:
    """The customers of each pair of segments as a matrix, or nothing within one day."""
    pairs = charts.rows_of(migrations)
    if not pairs or pairs[0]["from_as_of"] == pairs[0]["to_as_of"]:
        return None
    names = {row["segment_id"]: row["segment_name"] for row in charts.rows_of(segments)}
    counts = {(row["from_segment_id"], row["to_segment_id"]): row["customers"] for row in pairs}
    origins, targets = (
        sorted({pair[side] for pair in counts}, key=charts.sort_key) for side in (0, 1)
    )

    def named(segment: Any, missing: str) -> str:
        return missing if segment is None else str(names.get(segment, f"segment {segment}, ended"))

    return {
        "from_as_of": pairs[0]["from_as_of"],
        "to_as_of": pairs[0]["to_as_of"],
        "targets": [named(target, "none any more") for target in targets],
        "rows": [
            {
                "origin": named(origin, "new customers"),
                "counts": [counts.get((origin, target), 0) for target in targets],
            }
            for origin in origins
        ],
    }


def _feature_statistics(distributions: pandas.DataFrame) -> list[Row]:
    """One row a feature, the clustered ones first."""
    features: dict[Any, Row] = {}
    for row in charts.rows_of(distributions):
        features.setdefault(row["feature"], row)
    return sorted(features.values(), key=charts.feature_key)


def _over_represented(attributes: pandas.DataFrame) -> list[Row]:
    """The attribute values most over-represented in each segment."""
    rows = [row for row in charts.rows_of(attributes) if (row["lift"] or 0) > 1]
    rows.sort(
        key=lambda row: (
            charts.sort_key(row["segment_id"]),
            -row["lift"],
            str(row["attribute"]),
            str(row["value"]),
        )
    )
    taken: dict[Any, int] = {}
    kept = []
    for row in rows:
        taken[row["segment_id"]] = taken.get(row["segment_id"], 0) + 1
        if taken[row["segment_id"]] <= ATTRIBUTES_A_SEGMENT:
            kept.append(row)
    return kept


def _first(frame: pandas.DataFrame) -> Row:
    """The only row of a frame, or nothing known when it is empty."""
    rows = charts.rows_of(frame.head(1))
    return rows[0] if rows else dict.fromkeys(map(str, frame.columns))


def chart_specifications(frames: dict[str, pandas.DataFrame]) -> dict[str, Row]:
    """The Vega-Lite specification of every chart that has something to show, by name."""
    drawn = {
        "segment_sizes": charts.segment_sizes(frames["segments"]),
        "segment_profiles": charts.segment_profiles(frames["segment_profiles"]),
        "segment_attributes": charts.segment_attributes(frames["segment_attributes"])
        if not frames.get("segment_attributes", pandas.DataFrame()).empty
        else None,
        "projection": charts.projection(frames["projection"]),
        "k_selection": charts.k_selection(frames["k_selection"]),
        "feature_distributions": charts.feature_distributions(frames["feature_distributions"]),
        "feature_correlations": charts.feature_correlations(frames["feature_correlations"]),
        "left_out": charts.left_out(frames["customer_accounting"]),
    }
    return {name: chart.to_dict() for name, chart in drawn.items() if chart is not None}


def render(frames: dict[str, pandas.DataFrame], folder: pathlib.Path | None = None) -> str:
    """The report as HTML: the same text for the same frames; for the folder see drawing_library."""
    missing = [name for name in REQUIRED if name not in frames]
    if missing:
        raise ValueError(f"the report lacks the frames: {', '.join(missing)}")
    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FileSystemLoader(pathlib.Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "allow_nan": False}
    environment.filters.update(
        number=charts.number, percent=charts.percent, content_hash=content_hash
    )
    attributes = frames.get("segment_attributes", pandas.DataFrame())
    notes = frames.get("notes", pandas.DataFrame())
    warnings = frames.get("warnings", pandas.DataFrame())
    text = environment.get_template("template.html.jinja").render(
        accounting=charts.rows_of(frames["customer_accounting"]),
        attributes=[] if attributes.empty else _over_represented(attributes),
        has_attributes=not attributes.empty,
        cards=_cards(frames["segments"], frames["segment_profiles"]),
        features=_feature_statistics(frames["feature_distributions"]),
        library=drawing_library(folder),
        migrations=_migrations(frames["segment_migrations"], frames["segments"]),
        model=_first(frames["model_versions"]),
        notes=[] if notes.empty else [row["note"] for row in charts.rows_of(notes)],
        warnings=[] if warnings.empty else [row["sentence"] for row in charts.rows_of(warnings)],
        explained=_first(frames["projection"])["explained"],
        points=len(frames["projection"]),
        selection=sorted(charts.rows_of(frames["k_selection"]), key=lambda row: row["k"]),
        specifications=chart_specifications(frames),
        verdict=_first(frames["cluster_verdict"]),
    )
    # Texts from outside may hold halves of characters that UTF-8 cannot write.
    return text.encode(errors="replace").decode()


def frames_of(tables: dict[str, pandas.DataFrame]) -> dict[str, pandas.DataFrame]:
    """What ``render`` draws, from tables of a build, each with its rows in order.

    Of the models only the active one is shown. ``projection`` is made of fit_sample, active_model
    and fit_labels, ``notes`` of input_check, ``warnings`` of build_warnings.
    """
    frames = dict(tables)
    active = tables["active_model"]["model_version"].iloc[0]
    for name in ("k_selection", "cluster_verdict", "model_versions"):
        frames[name] = tables[name][tables[name]["model_version"] == active]
    findings = tables["input_check"]
    frames["notes"] = findings[findings["is_switched_off"]].rename(columns={"finding": "note"})
    frames["warnings"] = tables["build_warnings"]
    names = tables["segments"][["segment_id", "segment_name"]]
    labels = tables["fit_labels"].merge(names, on="segment_id")
    frames["projection"] = project(tables["fit_sample"], tables["active_model"], labels)
    return frames


def build_report(
    frames: dict[str, pandas.DataFrame],
    path: str | pathlib.Path,
    folder: str | pathlib.Path | None = None,
) -> None:
    """Writes the report."""
    content = render(frames, folder and pathlib.Path(folder)).encode()
    _write(pathlib.Path(path), content)
