"""Invented facts: people, firms, places, days and sums. The names are Faker's."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

#: Addresses and firms come from the first, people from all.
LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES")
FIRST_DAY = date(2009, 1, 5)
DAYS = 5800
DATE_FORMATS = (
    "{0:%B} {0.day}, {0.year}",
    "{0.day} {0:%B} {0.year}",
    "{0:%m/%d/%Y}",
    "{0:%Y-%m-%d}",
    "{0:%d.%m.%Y}",
)


class Facts:
    """A source of invented facts. The same seed gives the same facts in the same order."""

    def __init__(self, rng: random.Random, fakers: tuple[Any, ...]) -> None:
        self._rng = rng
        self._fakers = fakers
        # One page writes its days in one way and its sums in one currency.
        self._date_format = rng.choice(DATE_FORMATS)
        self._now = FIRST_DAY + timedelta(days=rng.randrange(DAYS))
        # Listed thrice to be drawn thrice as often.
        self.currency = rng.choice(("$", "$", "$", "£", "€", "USD "))
        # Faker has a generator of its own, which would go on from the page before.
        for faker in fakers:
            faker.seed_instance(rng.getrandbits(32))
        self._protagonist, self._reference = self.person(), self.code()

    def say(self, sentence: str, **own: str) -> str:
        """The sentence with its slots such as ``{person}`` or ``{amount}`` filled in."""
        return sentence.format_map(_Slots(self, own))

    def person(self) -> str:
        # Mostly English names, as the pages are in English, and some from elsewhere, as in any office.
        faker = self._fakers[0] if self._rng.random() < 0.7 else self._rng.choice(self._fakers)
        return f"{faker.first_name()} {faker.last_name()}"

    def protagonist(self) -> str:
        """Whom the page is about: the same person however often it is asked."""
        return self._protagonist

    def reference(self) -> str:
        """The one number of a product, a claim or a file that the page is about."""
        return self._reference

    def surname(self) -> str:
        return self.person().rpartition(" ")[2]

    def first_name(self) -> str:
        return str(self._fakers[0].first_name())

    def company(self) -> str:
        return str(self._fakers[0].company())

    def street(self) -> str:
        return str(self._fakers[0].street_address())

    def city(self) -> str:
        return str(self._fakers[0].city())

    def town_line(self) -> str:
        faker = self._fakers[0]
        return f"{faker.city()}, {faker.state_abbr()} {faker.postcode()}"

    def phone(self) -> str:
        parts = [self._rng.randrange(201, 990), self._rng.randrange(200, 999), self._rng.randrange(10_000)]
        return self._rng.choice(("({}) {}-{:04}", "{}-{}-{:04}", "+1 {} {} {:04}")).format(*parts)

    def mail_address(self, person: str, company: str | None = None) -> str:
        # Under .example, which is reserved, an address is nobody's.
        host = _letters(company.split()[0]) if company else self._rng.choice(("mail", "post", "home"))
        first, last = person.split(" ", 1)[0], person.rpartition(" ")[2]
        return f"{_letters(first)}.{_letters(last)}@{host}.example"

    def mail(self) -> str:
        return self.mail_address(self.person())

    def day(self) -> date:
        """The day on which the page is written."""
        return self._now

    def later_day(self) -> date:
        """A day on which something is due."""
        return self._now + timedelta(days=self._rng.randrange(10, 60))

    def written(self, day: date) -> str:
        """A day in the one way in which this page writes days."""
        return self._date_format.format(day)

    def date(self) -> str:
        return self.written(self._now)

    def earlier(self) -> str:
        return self.written(self._now - timedelta(days=self._rng.randrange(3, 60)))

    def later(self) -> str:
        return self.written(self.later_day())

    def birthday(self) -> str:
        return self.written(self._now - timedelta(days=self._rng.randrange(7000, 25_000)))

    def year(self) -> str:
        return str(self._now.year)

    def next_year(self) -> str:
        return str(self._now.year + 1)

    def month(self) -> str:
        return f"{self._now + timedelta(days=self._rng.randrange(20, 200)):%B}"

    def weekday(self) -> str:
        return self._rng.choice(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"))

    def clock(self) -> str:
        return f"{self._rng.randrange(8, 18)}:{self._rng.choice(('00', '15', '30', '45'))}"

    def number(self) -> str:
        return str(self._rng.randrange(10_000, 999_999))

    def code(self) -> str:
        letters = self._rng.choice("ABCDEFGHKLMPRST") + self._rng.choice("ACDFHKMNPX")
        return f"{letters}-{self._rng.randrange(100, 99_999)}"

    def few(self) -> str:
        return self._rng.choice(("two", "three", "four", "five", "six", "seven"))

    def count(self) -> str:
        return str(self._rng.randrange(8, 480))

    def dozens(self) -> str:
        return str(self._rng.randrange(12, 70))

    def rate(self) -> str:
        return f"{self._rng.randrange(15, 85) / 10}%"

    def percent(self) -> str:
        return f"{self._rng.randrange(2, 60)}%"

    def decimal(self) -> str:
        return f"{self._rng.uniform(0.2, 9.8):.2f}"

    def ratio(self) -> str:
        return f"{self._rng.uniform(0.6, 2.2):.2f}"

    def fraction(self) -> str:
        return f"{self._rng.uniform(0.05, 0.95):.2f}"

    def amount(self) -> str:
        return f"{self.currency}{self._rng.randrange(200, 9_800):,}"

    def large_amount(self) -> str:
        return f"{self.currency}{self._rng.randrange(28, 96) * 1000:,}"

    def money(self, value: float) -> str:
        """A sum in this page's currency, to the last penny."""
        return f"{self.currency}{value:,.2f}"


class _Slots(dict[str, str]):
    """Slot names to facts; what the caller brought goes before what is invented."""

    def __init__(self, facts: Facts, own: dict[str, str]) -> None:
        super().__init__(own)
        self._facts = facts

    def __missing__(self, slot: str) -> str:
        return str(getattr(self._facts, slot)())


def _letters(name: str) -> str:
    plain = name.lower().translate(str.maketrans("äöüéèêëáàâíîïóôúûñç", "aoueeeeaaaiiioouunc"))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())


def in_shuffled_rounds(rng: random.Random, choices: Iterable[Any]) -> Iterator[Any]:
    """The choices for ever, each once per round, so that few documents already show all of them."""
    while True:
        turn = list(choices)
        rng.shuffle(turn)
        yield from turn
