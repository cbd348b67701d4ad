import datetime
import os
import threading
from pathlib import Path

from segmart_reports.drawn import drawn_report

from segmart.engine.frames import column_comments, ordered_frame, relation_comments
from segmart.engine.words import refusal_said_last, say_last
from segmart.release import pointers
from segmart.release.erasure import forgotten_ids
from segmart.release.pseudonyms import (
    PublishedTables,
    forgotten_as_published,
    key_from,
    key_name,
)
from segmart.release.publish import publish
from segmart.release.report import explained
from segmart.release.storage import writing
from segmart.release.summary import before, summary


def model(dbt, session):
    serve = dbt.config.get("serve")
    source = dbt.config.get("input")
    keep = dbt.config.get("keep_releases")
    max_drop = dbt.config.get("max_drop")
    customer_ids = dbt.config.get("customer_ids")
    list_path = dbt.config.get("forgotten_customers")
    delimiter = dbt.config.get("delimiter")
    encoding = dbt.config.get("encoding")
    fold = dbt.config.get("fold_customer_ids")
    report = dbt.config.get("report")
    report_title = dbt.config.get("report_title")
    report_language = dbt.config.get("report_language")
    currency = dbt.config.get("currency")
    share_shift_warn = dbt.config.get("share_shift_warn")
    target_folder = dbt.config.get("target_folder")
    warnings = ordered_frame(dbt.ref("segmart", "build_warnings"), ["position"])
    tables = {
        "customer_segments": dbt.ref("segmart", "customer_segments"),
        "segments": dbt.ref("segmart", "segments"),
        "segment_profiles": dbt.ref("segmart", "segment_profiles"),
        "segment_attributes": dbt.ref("segmart", "segment_attributes"),
        "segment_categories": dbt.ref("segmart", "segment_categories"),
        "segment_products": dbt.ref("segmart", "segment_products"),
        "segment_months": dbt.ref("segmart", "segment_months"),
        "segment_rules": dbt.ref("segmart", "segment_rules"),
        "scoring_sql": dbt.ref("segmart", "scoring_sql"),
        "rfm_scores": dbt.ref("segmart", "rfm_scores"),
        "segment_migrations": dbt.ref("segmart", "segment_migrations"),
        "segment_moves": dbt.ref("segmart", "segment_moves"),
        "segment_history": dbt.ref("segmart", "segment_history"),
        "segment_outcomes": dbt.ref("segmart", "segment_outcomes"),
        "outcomes_explained": dbt.ref("segmart", "outcomes_explained"),
        "audience_definitions": dbt.ref("segmart", "audience_definitions"),
        "audience_members": dbt.ref("segmart", "audience_members"),
        "audience_outcomes": dbt.ref("segmart", "audience_outcomes"),
        "segment_lineage": dbt.ref("segmart", "segment_lineage"),
        "segment_model": dbt.ref("segmart", "segment_model"),
        "model_activations": dbt.ref("segmart", "model_activations"),
        "model_gates": dbt.ref("segmart", "model_gates"),
        "fit_quantiles": dbt.ref("segmart", "fit_quantiles"),
        "model_versions": dbt.ref("segmart", "model_versions"),
        "fit_labels": dbt.ref("segmart", "fit_labels"),
        "k_selection": dbt.ref("segmart", "k_selection"),
        "cluster_verdict": dbt.ref("segmart", "cluster_verdict"),
        "customer_features": dbt.ref("segmart", "customer_features"),
        "feature_distributions": dbt.ref("segmart", "feature_distributions"),
        "feature_correlations": dbt.ref("segmart", "feature_correlations"),
        "feature_drift": dbt.ref("segmart", "feature_drift"),
        "customer_outlook": dbt.ref("segmart", "customer_outlook"),
        "segment_outlook": dbt.ref("segmart", "segment_outlook"),
        "outlook_check": dbt.ref("segmart", "outlook_check"),
        "outlook_model": dbt.ref("segmart", "outlook_model"),
        "customer_accounting": dbt.ref("segmart", "customer_accounting"),
        "rejected_rows": dbt.ref("segmart", "rejected_rows"),
    }
    # What the report reads and no release has.
    report_alone = {
        "active_model": dbt.ref("segmart", "active_model"),
        "as_of_date": dbt.ref("segmart", "as_of_date"),
        "build_warnings": dbt.ref("segmart", "build_warnings"),
        "fit_sample": dbt.ref("segmart", "fit_sample"),
        "input_check": dbt.ref("segmart", "input_check"),
        "recent_move_features": dbt.ref("segmart", "recent_move_features"),
        "recent_moves": dbt.ref("segmart", "recent_moves"),
        "segment_borders": dbt.ref("segmart", "segment_borders"),
        "segment_name_overrides": dbt.ref("segmart", "segment_name_overrides"),
    }
    settings = {
        "report_title": report_title,
        "report_language": report_language,
        "currency": currency,
        "share_shift_warn": float(share_shift_warn),
        "input": source,
        "serve": serve,
    }
    page = drawn_report(tables | report_alone, settings, Path(target_folder))
    key = key_from(customer_ids, os.environ)
    forgotten = forgotten_ids(list_path, delimiter=delimiter, encoding=str(encoding), fold=fold)
    last = ordered_frame(dbt.ref("segmart", "last_release")).iloc[0]
    findings = ordered_frame(dbt.ref("segmart", "input_check"))
    built_on, last = last["standing_release"], before(last["folder"])
    release = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S%fZ")
    published = PublishedTables(tables, key)
    with (
        refusal_said_last(),
        explained(page, Path(report)),
        writing("var serve", Path(serve)),
    ):
        releases = publish(
            published,
            Path(serve),
            release=release,
            source=source,
            keep=int(keep),
            max_drop=float(max_drop),
            drawn=page,
            shown=Path(report),
            stops=warnings.loc[warnings["level"] == "stop", "sentence"].tolist(),
            built_on=built_on if isinstance(built_on, str) else None,
            comments=column_comments(session, tables),
            descriptions=relation_comments(session, tables),
            forgotten=forgotten_as_published(forgotten, key),
            customer_ids=key_name(key),
        )
    say_last(
        summary(
            *(published, release, last, warnings, findings),
            report=Path(report),
            serve=Path(serve),
        )
    )
    # dbt's last steps go on until the release begins; the process ends with this thread.
    threading.Thread(target=pointers.wait_until_begun, args=(Path(serve),), daemon=False).start()
    return releases
