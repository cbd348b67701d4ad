"""Conditions of audiences: comparisons of columns with literals, joined by ``and``.

``segment_name = 'price-sensitive' and recency_days <= 60`` is read here and never run: what is not
a comparison of a known column with a number, a text, a date, true or false has no place in what
``read`` returns, and the SQL of a build is made of that alone.
"""

import datetime
import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from segmart import SegmentationError, shown

# The longest condition, and the longest text in it.
MOST_LETTERS, MOST_LETTERS_OF_TEXT = 2000, 200
MOST_DIGITS = 18
KINDS = ("number", "text", "date", "boolean")
# In place of a kind: a name that both segments and the input have.
OF_TWO = "of two"
ORDERED = ("=", "<>", "<", "<=", ">", ">=", "in")
EQUAL = ("=", "<>", "in")
EXAMPLE = "segment_name = 'price-sensitive' and recency_days <= 60"
TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^']|'')*')
        |(?P<number>[+-]?[0-9]+(?:[.][0-9]+)?(?![\w.]))
        |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
        |(?P<sign><=|>=|<>|!=|[=<>(),])
    )""",
    re.VERBOSE,
)
# What people write and what they are to write, by the beginning of what cannot be read.
HINTS = {
    ";": "it is one condition and no statement",
    "--": "a condition has no comments",
    "/*": "a condition has no comments",
    '"': "names of columns stand bare, texts in plain single quotes",
    "`": "names of columns stand bare, texts in plain single quotes",
    "\u2018": "write plain single quotes around a text",
    "\u2019": "write plain single quotes around a text",
    "\u201c": "write plain single quotes around a text",
    "\u201d": "write plain single quotes around a text",
    "'": "the quote is not closed; a quote within a text is written twice",
    "{": "a condition is no template",
    "%": "write a share as a number, such as 0.2",
}


@dataclass(frozen=True)
class Comparison:
    """One comparison of a condition.

    Attributes:
        column: a known one.
        kind: of the column, one of ``KINDS``.
        operator: one of ``ORDERED``, ``is null`` or ``is not null``.
        literals: several for ``in``, none for nulls: numbers as digits, texts as they are, dates
            as 2024-01-31, true or false.
    """

    column: str
    kind: str
    operator: str
    literals: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.literals:
            return f"{self.column} {self.operator}"
        written = ", ".join(self._written(literal) for literal in self.literals)
        return f"{self.column} {self.operator} " + (
            f"({written})" if self.operator == "in" else written
        )

    def _written(self, literal: str) -> str:
        quoted = "'" + literal.replace("'", "''") + "'"
        return {"text": quoted, "date": f"date {quoted}"}.get(self.kind, literal)


def read(condition: str, columns: Mapping[str, str]) -> list[Comparison]:
    """The comparisons of a condition, in their order.

    Args:
        condition: as a person has written it; words and names in any case of letters.
        columns: the kind of each column that may be compared, one of ``KINDS``, or ``OF_TWO`` for
            a name that says too little.

    Raises:
        SegmentationError: it is not made of comparisons of these columns alone; the message has
            the place and what to do, and no place of the seed.
    """
    if len(condition) > MOST_LETTERS:
        raise SegmentationError(
            f"it has {len(condition):,} letters: shorten it to {MOST_LETTERS:,}, or make it two "
            "audiences"
        )
    reader = _Reader(list(_tokens(condition)), columns)
    found = [reader.comparison()]
    while reader.has_more:
        reader.joined()
        found.append(reader.comparison())
    return found


def written(comparisons: Sequence[Comparison]) -> str:
    """The condition in one way of writing it: two that differ in spaces alone are the same."""
    return " and ".join(map(str, comparisons))


def nearest(word: str, known: Collection[str]) -> str:
    """A sentence's end that names the most similar of the known words, or all of them."""
    close = difflib.get_close_matches(word.casefold(), known, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"


def _tokens(condition: str) -> Iterator[tuple[str, str]]:
    """Kind and text of each token, and of the end."""
    text, place = condition.rstrip(), 0
    while place < len(text):
        token = TOKEN.match(text, place)
        if token is None:
            rest = text[place:].lstrip()
            hint = next((HINTS[sign] for sign in HINTS if rest.startswith(sign)), None)
            raise SegmentationError(
                f"it cannot be read from {shown(_printable(rest), 40)} on: "
                + (hint or f"write comparisons joined by and, such as {EXAMPLE}")
            )
        yield token.lastgroup, token[token.lastgroup]
        place = token.end()
    yield "end", ""


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]], columns: Mapping[str, str]) -> None:
        self._tokens, self._columns, self._place = tokens, columns, 0

    @property
    def has_more(self) -> bool:
        return self._tokens[self._place][0] != "end"

    def joined(self) -> None:
        kind, text = self._next()
        if (kind, text.lower()) == ("word", "or"):
            raise SegmentationError(
                "it has or: make it two audiences, or compare one column with several values by in"
            )
        if (kind, text.lower()) != ("word", "and"):
            raise SegmentationError(
                f"after a comparison stands {_named(kind, text)}: join comparisons by and"
            )

    def comparison(self) -> Comparison:
        column, kind = self._column()
        at, sign = self._next()
        operator = sign.lower()
        if operator == "is":
            is_not = self._take("not")
            if not self._take("null"):
                raise SegmentationError(f"{column} is: after it only null or not null may stand")
            return Comparison(column, kind, "is not null" if is_not else "is null")
        operator = {"!=": "<>"}.get(operator, operator)
        if at == "sign" and operator == "(":
            raise SegmentationError(
                f"{column}( looks like a function: compare the column itself with a value"
            )
        if operator not in ORDERED:
            hint = {
                "between": "write >= and <= instead of between",
                "not": "write <> for each value",
                "like": "write = or in with whole texts instead of like",
            }.get(operator, f"write one of {', '.join(ORDERED)}, is null or is not null")
            raise SegmentationError(f"after {column} stands {_named(at, sign)}: {hint}")
        if kind in ("text", "boolean") and operator not in EQUAL:
            raise SegmentationError(
                f"{column} {sign}: {column} is {_article(kind)}, which is compared by =, <> or in"
            )
        literals = self._list(column, kind) if operator == "in" else [self._literal(column, kind)]
        return Comparison(column, kind, operator, tuple(literals))

    def _column(self) -> tuple[str, str]:
        at, text = self._next()
        name = text.lower()
        if at != "word":
            raise SegmentationError(
                f"where the name of a column is to stand, there is {_named(at, text)}: write a "
                f"comparison such as {EXAMPLE}"
            )
        if name not in self._columns:
            what = "function" if self._tokens[self._place] == ("sign", "(") else "column"
            raise SegmentationError(
                f"there is no {what} {shown(name, 40)} that can be compared: "
                + (
                    "compare columns with values"
                    if what == "function"
                    else nearest(name, self._columns)
                )
            )
        if self._columns[name] == OF_TWO:
            own = f"metric_{name}"
            raise SegmentationError(
                f"{name} is the name of a column of segments and of one of your input: "
                + (f"write {own} for your metric, or " if own in self._columns else "")
                + f"give that of your input another name, and {name} is that of segments"
            )
        return name, self._columns[name]

    def _list(self, column: str, kind: str) -> list[str]:
        if not self._take("("):
            raise SegmentationError(f"{column} in: write the values in brackets, such as in (1, 2)")
        found = [self._literal(column, kind)]
        while self._take(","):
            found.append(self._literal(column, kind))
        if not self._take(")"):
            raise SegmentationError(
                f"{column} in: after a value stands {_named(*self._next())}: write values with "
                "commas between them, and a closing bracket"
            )
        return found

    def _literal(self, column: str, kind: str) -> str:
        at, text = self._next()
        is_date = (at, text.lower()) == ("word", "date")
        if is_date:
            at, text = self._next()
        value = text[1:-1].replace("''", "'") if at == "text" else text.lower()
        if kind == "number" and at == "number":
            return _number(value)
        if kind == "text" and at == "text" and not is_date:
            if len(value) > MOST_LETTERS_OF_TEXT or not value.isprintable():
                raise SegmentationError(
                    f"{column}: the text {shown(_printable(value), 40)} is longer than "
                    f"{MOST_LETTERS_OF_TEXT} letters or has one that cannot be printed: write "
                    "another one"
                )
            return value
        if kind == "date" and at == "text":
            return _date(column, value)
        if kind == "boolean" and at == "word" and value in ("true", "false"):
            return value
        example = {
            "number": "a number such as 60 or 0.2",
            "text": "a text such as 'price-sensitive'",
            "date": "a date such as date '2024-01-31'",
            "boolean": "true or false",
        }[kind]
        raise SegmentationError(
            f"{column} is {_article(kind)} and is compared with {_named(at, text)}: write {example}"
        )

    def _next(self) -> tuple[str, str]:
        token = self._tokens[self._place]
        self._place += token[0] != "end"
        return token

    def _take(self, wanted: str) -> bool:
        """Whether the next token is this word or sign, which is then passed."""
        at, text = self._tokens[self._place]
        is_there = at in ("word", "sign") and text.lower() == wanted
        self._place += is_there
        return is_there


def _article(kind: str) -> str:
    return "true or false" if kind == "boolean" else f"a {kind}"


def _named(at: str, text: str) -> str:
    """A token as a message has it."""
    if at == "end":
        return "nothing"
    name = {"text": "the text ", "number": "the number "}.get(at, "")
    return f"{name}{shown(_printable(text), 40)}"


def _number(text: str) -> str:
    if sum(letter.isdigit() for letter in text) > MOST_DIGITS:
        raise SegmentationError(
            f"the number {shown(text, 40)} has more than {MOST_DIGITS} digits: write a shorter one"
        )
    # The same number in one way of writing it: 0.20, 0.2 and +0.2.
    return f"{Decimal(text).normalize() + 0:f}"


def _date(column: str, text: str) -> str:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise SegmentationError(
        f"{column} is a date and is compared with {shown(_printable(text), 40)}: write a date such "
        "as date '2024-01-31'"
    )
