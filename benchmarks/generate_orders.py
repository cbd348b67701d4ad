"""Order lines of an invented shop, of any size, the same for the same arguments.

Spend and frequency are skewed: the first hundredth of the customers places a tenth of the orders.
The lines stand in the order of time, over two years. 1.5 % of them stand there twice, 2 % are
returns, 1 % have no customer, 1 % no category and 5 % no discount. A quarter of the customers buys
at a discount, another quarter stops buying at some day.

    uv run python benchmarks/generate_orders.py --lines 10000000 --format csv --to FOLDER
"""

import argparse
from pathlib import Path

import duckdb

LINES_A_CUSTOMER = 9.3
LINES_AN_ORDER = 3.3
# Larger inputs come as several files, as exports do; it also bounds the memory of writing them.
LINES_A_FILE = 10_000_000


def uniform(key: str, salt: int) -> str:
    """SQL of a number in [0, 1) that hangs on ``key`` and ``salt`` alone."""
    return f"(hash({key}, {salt}) / 18446744073709551616.0)"


def lognormal(key: str, salt: int, sigma: float) -> str:
    """SQL of a log-normal number of median 1 (Box and Muller, 1958)."""
    return (
        f"exp({sigma} * sqrt(-2 * ln(1e-9 + {uniform(key, salt)}))"
        f" * cos(2 * pi() * {uniform(key, salt + 1)}))"
    )


def order_lines(first: int, last: int, total: int, customers: int) -> str:
    """SQL of the lines numbered ``first`` to ``last`` - 1 of an input of ``total``."""
    return f"""
        with lines as (
            select number, cast(floor(number / {LINES_AN_ORDER}) as bigint) as order_number
            from range({first}, {last}) as numbers(number)
        ),
        timed as (
            select
                *,
                730.0 * order_number / {total / LINES_AN_ORDER} as day,
                floor({customers} * pow({uniform("order_number", 1)}, 2)) as wanted,
                floor({customers} * {uniform("order_number", 2)}) as other
            from lines
        ),
        -- Whoever has stopped buying is replaced by another customer.
        bought as (
            select
                *,
                case
                    when wanted % 4 = 3 and day > 730 * {uniform("cast(wanted as bigint)", 3)}
                    then cast(other as bigint)
                    else cast(wanted as bigint)
                end as customer
            from timed
        ),
        priced as (
            select
                *,
                1 + cast(floor(4 * pow({uniform("number", 4)}, 3)) as integer) as units,
                case when {uniform("number", 5)} < 0.02 then -1 else 1 end as direction,
                round(
                    8 * {lognormal("customer", 6, 0.7)} * {lognormal("number", 8, 0.8)}, 2
                ) as price,
                case
                    when customer % 4 = 1 then 0.1 + 0.3 * {uniform("number", 10)}
                    when {uniform("number", 11)} < 0.2 then 0.2 * {uniform("number", 10)}
                    else 0
                end as discount_share
            from bought
        ),
        written as (
            select
                number,
                case
                    when {uniform("order_number", 12)} >= 0.01
                    then 1000000 + (customer * 7919) % {customers}
                end as customer_id,
                timestamp '2024-01-01' + to_seconds(cast(day * 86400 as bigint)) as ordered_at,
                500000 + order_number as order_id,
                cast(direction * units * price * (1 - discount_share) as decimal(12, 2)) as amount,
                direction * units as quantity,
                case
                    when {uniform("number", 13)} >= 0.05
                    then cast(units * price * discount_share as decimal(12, 2))
                end as discount_amount,
                cast(1 + floor(20000 * pow({uniform("number", 14)}, 3)) as integer) as product_id,
                case
                    when {uniform("number", 15)} >= 0.01
                    then 'category ' || cast(floor(40 * pow({uniform("number", 14)}, 3)) as integer)
                end as category,
                case when {uniform("number", 16)} < 0.015 then 2 else 1 end as copies
            from priced
        )
        select * exclude (number, copies, copy)
        from written, range(copies) as copies_of(copy)
        order by number
    """


def generate(folder: Path, lines: int, file_format: str, new_lines: int = 0) -> list[Path]:
    """Writes ``lines`` lines and, as a file of its own, the ``new_lines`` that come after them."""
    folder.mkdir(parents=True, exist_ok=True)
    # A copy makes a line two.
    numbers = round(lines / 1.015)
    total = round((lines + new_lines) / 1.015)
    customers = round(lines / LINES_A_CUSTOMER)
    starts = [*range(0, numbers, LINES_A_FILE), *([numbers] if new_lines else [])]
    ends = [*starts[1:], total]
    files = []
    with duckdb.connect(config={"preserve_insertion_order": True}) as connection:
        for position, (first, last) in enumerate(zip(starts, ends, strict=True)):
            path = folder / f"order_lines_{position:03}.{file_format}"
            connection.sql(
                f"copy ({order_lines(first, last, total, customers)}) to '{path}'"
                f" (format {file_format})"
            )
            files.append(path)
    return files


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, required=True)
    parser.add_argument("--new-lines", type=int, default=0, help="as a further file")
    parser.add_argument("--format", choices=["csv", "parquet"], default="parquet")
    parser.add_argument("--to", type=Path, required=True)
    arguments = parser.parse_args()
    for file in generate(arguments.to, arguments.lines, arguments.format, arguments.new_lines):
        print(file)
