"""What the builds of the tests begin with is what dbt would parse for them."""

from pathlib import Path

import pytest
import yaml

from conftest import FORKS, ROOT

# Every var at another value than its default, but for those that with_vars leaves to dbt.
SETTINGS = {
    "complete_journey": "elsewhere",
    "metrics": ["a"],
    "columns": {"order_lines": {"amount": "Net"}},
    "delimiter": ";",
    "encoding": "cp1252",
    "title_lines": 2,
    "missing_customer_ids": ["guest"],
    "fold_customer_ids": "case",
    "time_zone": "Europe/Berlin",
    "times_without_zone": "utc",
    "negative_amounts": "discount",
    "amount_is": "order",
    "order_header": "first_line",
    "statuses": {"paid": "sale"},
    "exchange_rates": {"EUR": 1},
    "return_amounts": "as_given",
    "identical_lines": "keep",
    "accepted_findings": ["few_days"],
    "warn_input_age_days": 3,
    "max_input_age_days": 5,
    "checksums": "SHA256SUMS",
    "date_format": "%d.%m.%Y",
    "decimal_sign": "comma",
    "thousands_sign": "point",
    "currency_sign": "€",
    "dash_is": "zero",
    "cancelled_order_pattern": "C.*",
    "max_rejected_share": 0.2,
    "forgotten_customers": "forgotten.csv",
    "as_of": "2024-05-01",
    "min_orders": 2,
    "max_quantity": 50,
    "recent_days": 30,
    "profile_attributes": ["city"],
    "k": 3,
    "max_k": 7,
    "seed": 5,
    "sample_size": 5000,
    "report": "report.html",
    "report_title": "A title with digits: 0017",
    "report_language": "de",
    "currency": "EUR",
    "serve": "elsewhere",
    "keep_releases": 3,
    "max_drop": 0.4,
    "history": "anew",
    "refit": True,
    "max_model_age_days": 10,
    "refit_wait_days": 2,
    "accept_model": "candidate",
    "max_moved_share": 0.3,
    "min_stability": 0.2,
    "min_segment_share": 0.05,
    "max_centroid_jump": 0.9,
    "drift_warn": 0.2,
    "drift_refit": 0.3,
    "drift_stop": 2,
    "share_shift_warn": 0.2,
    "share_shift_stop": 0.5,
    "migration_days": 10,
    "settle_days": 3,
    "outcome_days": 20,
    "audiences": "audiences.csv",
    "max_contacts": 1,
    "contact_days": 5,
    "worthwhile_difference": 0.2,
    "min_customers_a_feature": 5,
    "min_buyers": 3,
    "customer_ids": "pseudonyms",
}
INPUTS = {"input", "order_lines", "customers", "customer_metrics"}


def differences(variables: dict[str, object], found: Path) -> None:
    from dbt.cli.main import dbtRunner
    from tests.parsed_project import with_vars

    folders = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]
    options = ["--quiet", "--no-write-json", "parse", *folders, "--vars", repr(variables)]
    parsed, given = dbtRunner().invoke(options).result, with_vars(variables)
    differing = []
    for kind in ("nodes", "unit_tests", "sources", "exposures"):
        ours, theirs = getattr(given, kind), getattr(parsed, kind)
        differing += sorted(set(ours) ^ set(theirs))
        for name in set(ours) & set(theirs):
            if ours[name].config.to_dict() != theirs[name].config.to_dict():
                differing.append(f"config of {name}")
            if not set(theirs[name].depends_on_nodes) <= set(ours[name].depends_on_nodes):
                differing.append(f"edges of {name}")
    found.write_text("\n".join(differing))


@pytest.mark.slow
@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"input": "files", "order_lines": "a.csv", "customers": "b.csv"},
        {"input": "files", "customer_metrics": "*.parquet", "max_input_age_days": 0},
    ],
)
def test_a_build_has_the_models_the_edges_and_the_configs_of_its_vars(
    variables: dict[str, object], tmp_path: Path
) -> None:
    found = tmp_path / "differing.txt"
    process = FORKS.Process(target=differences, args=(SETTINGS | variables, found))
    process.start()
    process.join()
    assert found.read_text() == ""


def test_every_var_is_tried() -> None:
    defaults = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
    assert set(defaults.pop("setting_kinds")) == set(defaults) | {"complete_journey"}
    assert set(defaults) - INPUTS - {"order_versions"} == set(SETTINGS) - {"complete_journey"}
    assert [
        name for name in set(defaults) & set(SETTINGS) if defaults[name] == SETTINGS[name]
    ] == []
