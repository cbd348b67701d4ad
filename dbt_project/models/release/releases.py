import datetime
import os
from pathlib import Path

from segmart.engine.frames import column_comments
from segmart.release.erasure import forgotten_ids
from segmart.release.pseudonyms import (
    PublishedTables,
    forgotten_as_published,
    key_from,
    key_name,
)
from segmart.release.publish import publish


def model(dbt, session):
    serve = dbt.config.get("serve")
    source = dbt.config.get("input")
    keep = dbt.config.get("keep_releases")
    max_drop = dbt.config.get("max_drop")
    customer_ids = dbt.config.get("customer_ids")
    list_path = dbt.config.get("forgotten_customers")
    delimiter = dbt.config.get("delimiter")
    encoding = dbt.config.get("encoding")
    # Not published: where a test of it fails, there is no release.
    dbt.ref("build_warnings")
    tables = {
        "customer_segments": dbt.ref("customer_segments"),
        "segments": dbt.ref("segments"),
        "segment_profiles": dbt.ref("segment_profiles"),
        "segment_attributes": dbt.ref("segment_attributes"),
        "segment_migrations": dbt.ref("segment_migrations"),
        "segment_moves": dbt.ref("segment_moves"),
        "segment_lineage": dbt.ref("segment_lineage"),
        "segment_model": dbt.ref("segment_model"),
        "model_activations": dbt.ref("model_activations"),
        "model_gates": dbt.ref("model_gates"),
        "fit_quantiles": dbt.ref("fit_quantiles"),
        "model_versions": dbt.ref("model_versions"),
        "fit_labels": dbt.ref("fit_labels"),
        "k_selection": dbt.ref("k_selection"),
        "cluster_verdict": dbt.ref("cluster_verdict"),
        "customer_features": dbt.ref("customer_features"),
        "feature_distributions": dbt.ref("feature_distributions"),
        "feature_correlations": dbt.ref("feature_correlations"),
        "feature_drift": dbt.ref("feature_drift"),
        "customer_accounting": dbt.ref("customer_accounting"),
        "rejected_rows": dbt.ref("rejected_rows"),
    }
    key = key_from(customer_ids, os.environ)
    forgotten = forgotten_ids(list_path, delimiter=delimiter, encoding=encoding)
    return publish(
        PublishedTables(tables, key),
        Path(serve),
        release=datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S%fZ"),
        source=source,
        keep=int(keep),
        max_drop=float(max_drop),
        comments=column_comments(session, tables),
        forgotten=forgotten_as_published(forgotten, key),
        customer_ids=key_name(key),
    )
