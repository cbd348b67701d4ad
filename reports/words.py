"""The words of a report and the way its readers write numbers, of one file a language."""

import pathlib
import tomllib
from typing import Any

FOLDER = pathlib.Path(__file__).parent
LANGUAGES = ("en", "de")
# How many times as much it must be to be said in times, and not in percent.
TIMES = 1.2
# Of a share, so many times as much as hardly any says nothing.
MOST_TIMES = 20

# Of what is typical: nobody would act on a smaller difference.
ALIKE = 0.1

Row = dict[str, Any]


class Words:
    """Texts, numbers, dates and money in one language.

    Args:
        language: one of ``LANGUAGES``.
        currency: the sign or code of the money, then perhaps a space and its decimals, such as
            ``€``, ``USD 2``; ``none`` for numbers alone.
    """

    def __init__(self, language: str = "en", currency: str = "none") -> None:
        if language not in LANGUAGES:
            raise ValueError(f"var report_language is {language}: known are {', '.join(LANGUAGES)}")
        with (FOLDER / f"words.{language}.toml").open("rb") as file:
            self.texts: Row = tomllib.load(file)
        self.language = language
        self.currency, _, decimals = currency.partition(" ")
        self.decimals = int(decimals or 0)

    def __call__(self, key: str, **values: Any) -> str:
        """The text of a key such as ``know.spread``, its braces filled in.

        A text with a form for one and one for others takes that of ``count``.
        """
        text: Any = self.texts
        for part in key.split("."):
            text = text[part]
        if isinstance(text, dict):
            text = text["one" if values["count"] == 1 else "other"]
        if isinstance(values.get("count"), int | float):
            values["count"] = self.short(values["count"])
        return str(text).format(**values)

    def seed(self, text: Any) -> str:
        """A text of the seeds, where this language has it; one that a project wrote, as it is."""
        return str(self.texts["seeds"].get(text, text))

    def fixed(self, value: float, decimals: int) -> str:
        """The number with so many decimals; there is no zero below zero."""
        text = f"{value:,.{decimals}f}"
        if not text.strip("-0.,"):
            text = text.lstrip("-")
        signs = {",": self.texts["signs"]["thousands"], ".": self.texts["signs"]["decimal"]}
        return "".join(signs.get(sign, sign) for sign in text)

    def number(self, value: float | None) -> str:
        """A number of few digits, and words when it is missing."""
        if value is None:
            return self("unknown")
        size = abs(value)
        if float(value).is_integer() or size >= 100:
            return self.fixed(value, 0)
        if size >= 0.01:
            return self.fixed(value, 1 if size >= 10 else 2)
        return f"{value:.2g}".replace(".", self.texts["signs"]["decimal"])

    def short(self, value: float) -> str:
        """The number without zeros at its end: half a day is 0.5 days."""
        sign, text = self.texts["signs"]["decimal"], self.number(value)
        return text.rstrip("0").rstrip(sign) if sign in text else text

    def percent(self, value: float | None, decimals: int = 1) -> str:
        """A share as a percentage."""
        if value is None:
            return self("unknown")
        return self.fixed(100 * value, decimals) + self.texts["signs"]["percent"]

    def money(self, value: float | None) -> str:
        """An amount with the sign or code of its currency."""
        if value is None:
            return self("unknown")
        if self.currency == "none":
            return self.number(value)
        # A code has a letter and stands apart.
        apart = "\u00a0" if self.currency.isalpha() else ""
        return self.texts["signs"]["money"].format(
            amount=self.fixed(abs(value), self.decimals),
            apart=apart,
            currency=self.currency,
            minus="-" if value < 0 else "",
        )

    def amount(self, value: float | None, unit: str | None) -> str:
        """A value with its unit."""
        if value is None:
            return self("unknown")
        if unit == "share":
            return self.percent(value)
        if unit == "currency":
            return self.money(value)
        if unit == "days":
            return self("days", count=value)
        return self.short(value)

    def bare(self, value: float | None, unit: str | None) -> str:
        """A value whose unit stands in its label; shares and money keep theirs."""
        return self.amount(value, unit if unit in ("share", "currency") else None)

    def date(self, day: str | None) -> str:
        """A day given as 2018-01-31."""
        if day is None:
            return self("unknown")
        year, month, number = (int(part) for part in day[:10].split("-"))
        return self("date", day=number, month=self.texts["months"][month - 1], year=year)

    def change(self, value: float, unit: str | None = None) -> str:
        """A number with its sign, such as +12."""
        text = self.amount(abs(value), unit)
        sign = "+" if value > 0 else "\u2212" if value < 0 else "±"
        return sign + text

    def label(self, row: Row) -> str:
        """The name of a feature, with its unit where the name does not say it."""
        name = self.seed(row["label"])
        unit = row["unit"]
        said = self.seed(unit or "")
        if unit in ("share", "currency") or said.casefold() in name.casefold():
            return name
        return f"{name} ({said})"

    def trait(self, row: Row) -> str | None:
        """What sets a segment apart in one feature, such as: spend 2.4 times as much.

        Args:
            row: of ``segment_profiles``, with ``value`` and ``typical`` to compare.

        Returns:
            None where the two read the same, or nearly.
        """
        value, typical = row["value"], row["typical"]
        if value is None or typical is None:
            return None
        shown, usual = (self.amount(at, row["unit"]) for at in (value, typical))
        if shown == usual:
            return None
        said = self.texts["traits"].get(row["feature"])
        against = self("against", value=shown, typical=usual)
        if said is None or typical <= 0 or value < 0:
            return f"{self.label(row)}: {against}"
        ratio = value / typical
        if abs(ratio - 1) < ALIKE:
            return None
        form = "times" if ratio >= TIMES else "more" if ratio > 1 else "less"
        if row["unit"] == "share" and ratio > MOST_TIMES:
            form = "more"
        text = said[form].format(
            times=self.fixed(ratio, 1 if ratio < 10 else 0),
            percent=self.percent(abs(ratio - 1), 0),
        )
        return f"{text}: {against}"
