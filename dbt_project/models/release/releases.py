import datetime
import os
import threading
from pathlib import Path

from segmart.engine.frames import column_comments, ordered_frame, relation_comments
from segmart.release import pointers
from segmart.release.erasure import forgotten_ids
from segmart.release.pseudonyms import (
    PublishedTables,
    forgotten_as_published,
    key_from,
    key_name,
)
from segmart.release.publish import publish
from segmart.release.storage import writing


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
    # Not published: where a test of it fails, there is no release.
    dbt.ref("segmart", "build_warnings")
    tables = {
        "customer_segments": dbt.ref("segmart", "customer_segments"),
        "segments": dbt.ref("segmart", "segments"),
        "segment_profiles": dbt.ref("segmart", "segment_profiles"),
        "segment_attributes": dbt.ref("segmart", "segment_attributes"),
        "segment_rules": dbt.ref("segmart", "segment_rules"),
        "scoring_sql": dbt.ref("segmart", "scoring_sql"),
        "rfm_scores": dbt.ref("segmart", "rfm_scores"),
        "segment_migrations": dbt.ref("segmart", "segment_migrations"),
        "segment_moves": dbt.ref("segmart", "segment_moves"),
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
        "customer_accounting": dbt.ref("segmart", "customer_accounting"),
        "rejected_rows": dbt.ref("segmart", "rejected_rows"),
    }
    key = key_from(customer_ids, os.environ)
    forgotten = forgotten_ids(list_path, delimiter=delimiter, encoding=str(encoding), fold=fold)
    built_on = ordered_frame(dbt.ref("segmart", "last_release"))["standing_release"].iloc[0]
    with writing("var serve", Path(serve)):
        releases = publish(
            PublishedTables(tables, key),
            Path(serve),
            release=datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S%fZ"),
            source=source,
            keep=int(keep),
            max_drop=float(max_drop),
            built_on=built_on if isinstance(built_on, str) else None,
            comments=column_comments(session, tables),
            descriptions=relation_comments(session, tables),
            forgotten=forgotten_as_published(forgotten, key),
            customer_ids=key_name(key),
        )
    # dbt's last steps go on until the release begins; the process ends with this thread.
    threading.Thread(target=pointers.wait_until_begun, args=(Path(serve),), daemon=False).start()
    return releases
