from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ra_assistant.french.numbers import quantities, uncut, values


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("300 millions d’euros", "300000000", "eur"),
        ("1,5 M€", "1500000", "eur"),
        ("1\u202f234,5 k€", "1234500", "eur"),
        ("12\u00a0%", "12", "percent"),
        ("53 pour cent", "53", "percent"),
        ("1 200 m²", "1200", "m2"),
        ("deux cent trente-quatre mille", "234000", ""),
        ("quatre-vingt-dix-sept", "97", ""),
        ("vingt et un ans", "21", "duration"),
        ("une vingtaine de salariés", "20", ""),
        ("en 2023", "2023", "year"),
        ("2,3 Md€", "2300000000", "eur"),
        ("18,8\nM€", "18800000", "eur"),
        ("63\nmillions d’euros", "63000000", "eur"),
        ("92\n%", "92", "percent"),
        ("63\nprojets", "63", ""),
        ("12\nh de travail", "12", ""),
    ],
)
def test_a_number_is_read_with_its_scale_and_unit(text: str, value: str, unit: str) -> None:
    (found,) = quantities(text)
    assert (found.value, found.unit) == (Decimal(value), unit)


def test_the_same_amount_written_three_ways_has_one_value() -> None:
    assert values("5 589 773 euros") == values("5.589.773 €") == values("5589773")


def test_an_altered_digit_is_another_value() -> None:
    assert values("1,2 M€") != values("12 M€")


def test_an_approximation_is_told_apart() -> None:
    assert [quantity.approximate for quantity in quantities("une trentaine, 30")] == [True, False]


def test_articles_are_not_numbers() -> None:
    assert quantities("une entreprise et un projet") == []


@given(st.integers(min_value=0, max_value=10**9))
def test_grouped_figures_give_back_their_value(number: int) -> None:
    grouped = f"{number:,}".replace(",", "\u202f")
    assert values(f"soit {grouped} visiteurs") == {Decimal(number)}


@given(st.text(max_size=100))
def test_numbers_stand_where_they_say_in_any_text(text: str) -> None:
    for quantity in quantities(text):
        assert 0 <= quantity.start < quantity.end <= len(text)


@pytest.mark.parametrize(
    ("text", "part", "whole"),
    [
        ("- 906 399 simulations terminées", "399", "906 399"),
        ("- 906 399 simulations terminées", "906", "906 399"),
        ("plus de 3\u202f113\u202f222 de tonnes traitées", "222 de tonnes", "3\u202f113\u202f222 de tonnes"),
        ("un coût de 1,30 € par mois", "30 € par", "1,30 € par"),
        ("en 2021 et en 2022", "2021", "2021"),
        ("les 12 communes", "communes", "communes"),
        ("de 10 à 12 agents", "12 agents", "12 agents"),
        ("exercices 2021 2022", "2022", "2022"),
    ],
)
def test_words_that_answer_never_begin_or_end_inside_a_number(text: str, part: str, whole: str) -> None:
    start = text.index(part)
    begun, ended = uncut(text, start, start + len(part))
    assert text[begun:ended] == whole


@given(st.text(alphabet="0123456789 ,.a\u202f", max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_a_stretch_is_only_made_longer(text: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    begun, ended = uncut(text, start, end)
    assert 0 <= begun <= start <= end <= ended <= len(text)
    assert uncut(text, begun, ended) == (begun, ended)
