"""The words of a drift."""

from cxr_core.hospital.ward.drift import OTHERS, Drift, share_of, statistic_in_words
from cxr_core.languages import in_language


def drift(statistic: str, *numbers: float) -> Drift:
    return Drift("", "v1", "2026-11-23", statistic, *numbers, films=1200)


def test_shares_are_percentages_and_means_are_numbers() -> None:
    assert drift(share_of("not_assessable"), 0.412, 0.0, 0.05).sentence == (
        "In the week of 2026-11-23 the share of not assessable is 41%, of 1,200 films; 0% to 5% is expected."
    )
    assert "the mean age is 61.50, of 1,200 films; 4.00 to 40.25 is" in drift("mean age", 61.5, 4, 40.25).sentence


def test_other_languages_and_manufacturers() -> None:
    said = in_language(drift("mean age", 61.5, 4, 40.25).sentence, "fr")
    assert said == "Semaine du 2026-11-23, âge moyen\xa0: 61,50 sur 1\xa0200 clichés\xa0; de 4,00 à 40,25 est attendu."
    assert statistic_in_words("share of films by Siemens") == "share of films by Siemens"
    assert in_language(statistic_in_words("share of films by Siemens"), "es") == "proporción de radiografías de Siemens"
    assert in_language(statistic_in_words(OTHERS), "es") == "proporción de radiografías de otros fabricantes"
