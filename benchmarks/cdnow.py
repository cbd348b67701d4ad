r"""The purchases of CDNOW's customers as a CSV file: a real shop that nothing here was tuned on.

    uv run --no-project --with lifetimes==0.11.3 --with "setuptools<81" python \
        benchmarks/cdnow.py cdnow.csv

23,570 people whose first purchase was in the first quarter of 1997, and all that they bought until
June 1998: the set that Fader and Hardie published for models of repeat buying. The package
lifetimes has it, and pandas.
"""

import sys
from pathlib import Path

import lifetimes.datasets
import pandas

pandas.read_csv(
    Path(lifetimes.datasets.__file__).parent / "CDNOW_master.txt",
    sep=r"\s+",
    skiprows=1,
    names=["customer_id", "ordered_at", "quantity", "amount"],
    dtype=str,
).to_csv(sys.argv[1], index=False)
