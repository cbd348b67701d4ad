"""Columns that nobody has mapped and that look like the status or the currency of an order line.

What nobody says about them is never acted on: without the vars ``statuses`` and ``exchange_rates``
they only let a build show, or refuse, what would be added up.
"""

from collections.abc import Mapping, Sequence

# How many different values a column may have that is told by its name alone.
MOST_VALUES = 20
STATUSES = """
    authorised authorized canceled cancelled chargeback complete completed declined delivered
    disputed draft expired failed failure fulfilled paid payment pending processed processing
    quotation refund refunded rejected return returned reversed sale shipped succeeded success
    successful test unfulfilled unpaid void voided
    abgebrochen bezahlt erstattet geliefert retoure storniert versendet
    annulé annulée livré livrée payé payée remboursé remboursée
    cancelado enviado pagado reembolsado annullato pagato rimborsato
    betaald geannuleerd terugbetaald
"""
CURRENCIES = """
    aed ars aud bgn brl cad chf clp cny cop czk dkk egp eur gbp hkd huf idr ils inr isk jpy kes krw
    kwd mxn myr ngn nok nzd pen php pkr pln ron rub sar sek sgd thb try twd uah usd vnd zar $ £ € ¥
"""
# By contract column: the words of its values, the least share of the rows that has one of them,
# and the word that its name may have.
KINDS = {
    "status": (frozenset(STATUSES.split()), 0.5, "status"),
    "currency": (frozenset(CURRENCIES.split()), 0.9, "currency"),
}


def guessed(values: Mapping[str, Sequence[str | None]]) -> dict[str, str]:
    """The column that looks most like each contract column of ``KINDS``, where one does.

    Args:
        values: of each column, in order, those of the same rows as text.

    Returns:
        Name of the column by contract column.
    """
    found = {}
    for contract_column, (words, least, word) in KINDS.items():
        scores = {}
        for column, given in values.items():
            texts = [text.casefold().strip() for text in given if text and text.strip()]
            known = sum(not words.isdisjoint(_words(text)) for text in texts)
            is_named = word in column.casefold() and len(set(texts)) <= MOST_VALUES
            if texts and (known >= least * len(texts) or is_named):
                scores[column] = (known / len(texts), is_named)
        if scores:
            found[contract_column] = max(scores, key=scores.__getitem__)
    return found


def _words(text: str) -> list[str]:
    return text.replace("_", " ").replace("-", " ").split()
