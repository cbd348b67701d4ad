"""What the builds of the tests begin with is what dbt would parse for them."""

import multiprocessing

import pytest

from conftest import FORKS, ROOT

SETTINGS = {
    "k": 2,
    "seed": 7,
    "serve": "elsewhere",
    "as_of": "2024-05-01",
    "audiences": "audiences.csv",
    "forgotten_customers": "forgotten.csv",
    "columns": {"order_lines": {"amount": "Net"}},
    "delimiter": ";",
    "title_lines": 2,
    "refit": True,
    "report_title": "A title of digits: 0017",
    "customer_ids": "pseudonyms",
    "max_drop": 0.1,
}


def differences(variables: dict[str, object], found: multiprocessing.SimpleQueue) -> None:
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
    found.put(differing)


@pytest.mark.slow
@pytest.mark.parametrize(
    "variables",
    [
        {"complete_journey": "elsewhere"},
        {"input": "files", "order_lines": "a.csv", "customers": "b.csv", "statuses": {"a": "sale"}},
        {"input": "files", "customer_metrics": "*.parquet"},
    ],
)
def test_a_build_has_the_models_the_edges_and_the_configs_of_its_vars(
    variables: dict[str, object],
) -> None:
    found = FORKS.SimpleQueue()
    process = FORKS.Process(target=differences, args=(SETTINGS | variables, found))
    process.start()
    process.join()
    assert found.get() == []
