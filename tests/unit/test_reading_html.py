"""Web pages lose what surrounds their content and keep its structure."""

from __future__ import annotations

from pathlib import Path

import pytest

from ra_assistant.errors import UnreadableDocument
from ra_assistant.types import BlockKind, Extraction
from tests.reading_fixtures import check_shape, codes, contexts, load, path_of, texts

PAGE = """<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>Bilan 2022 | Biopôle</title>
<meta property="og:title" content="Rapport d&rsquo;activité 2022"><meta property="og:site_name" content="Biopôle">
<meta property="article:published_time" content="2023-05-04T10:00:00+02:00">
<link rel="canonical" href="https://biopole.fr/rapport-2022"><script>var x = "NON_SCRIPT";</script>
<style>.a{content:"NON_STYLE"}</style></head><body>
<div id="cookie-banner">NON_COOKIE Nous utilisons des cookies <button>Accepter</button></div>
<header><a href="/">NON_LOGO Biopôle</a></header><nav><ul><li>NON_NAV Accueil</li></ul></nav>
<div class="breadcrumb">NON_ARIANE Accueil &gt; Rapport</div>
<main><h1>Rapport 2022</h1><p>L&rsquo;année&nbsp;2022 a été<br>excellente&nbsp;: &laquo;&nbsp;record&nbsp;&raquo;.</p>
<p hidden>NON_HIDDEN</p><p style="display: none">NON_DISPLAY</p><p aria-hidden="true">NON_ARIA</p>
<section><h2>Chiffres <small>clés</small></h2>
<div class="kf"><div class="n">13</div><div class="l">nouvelles entreprises accueillies</div></div>
<div class="kf"><span class="n">41,7&nbsp;M€</span><span class="l">levés par les résidents</span></div>
<div class="kf"><b>112</b> <span>emplois nets créés</span></div><p><b>2021</b> <i>ouvre</i> une ère.</p>
<div class="kf"><span data-to-value="92">0</span><span> % de taux d'occupation</span></div>
<dl><dt>27</dt><dd>salariés</dd><dt>Siège</dt><dd>Évry</dd></dl></section>
<section><h2>Gouvernance</h2><ul><li>Un <a href="/x">conseil</a><ul><li>dix-huit membres</li></ul></li>
<li><p>Un bureau</p></li></ul><ol start="3"><li>Trois</li><li>Quatre</li></ol>
<table><caption>Budget en k€</caption><thead><tr><th rowspan="2">Nature</th><th colspan="2">Montants</th></tr>
<tr><th>2021</th><th>2022</th></tr></thead><tbody><tr><td rowspan="2">Subventions</td><td>3 120</td><td>3 305</td></tr>
<tr><td>98</td><td>305</td></tr><tr><td colspan="2">Total</td><td>610</td></tr></tbody></table>
<figure><img src="c.png" alt="Courbe"><figcaption>Figure 1 : effectifs</figcaption></figure>
<p>Une surface de 500 m<sup>2</sup>, la 3<sup>e</sup> du pays<sup><a href="#n1">1</a></sup>.</p>
<aside>Un encadré dans le texte.</aside><div class="share">NON_PARTAGE</div>
<table role="presentation"><tr><td><p>Mise en page.</p></td><td><p>À droite.</p></td></tr></table></section></main>
<aside>NON_COTE</aside><footer>NON_PIED Mentions légales</footer></body></html>"""


@pytest.fixture
def page(tmp_path: Path) -> Extraction:
    return load(tmp_path, "page.html", PAGE)


def test_the_content_is_kept_and_its_surroundings_are_not(page: Extraction) -> None:
    text = page.document.text
    for words in (
        "L’année\u00a02022 a été\nexcellente\u00a0: «\u00a0record\u00a0».",
        "Un encadré dans le texte.",
        "Une surface de 500 m2, la 3e du pays.",
        "Mise en page.\n\nÀ droite.",
        "27\nsalariés",
        "Siège\nÉvry",
    ):
        assert words in text
    assert "NON_" not in text
    assert "Accepter" not in text
    check_shape(page)


def test_the_head_says_title_publisher_and_address(page: Extraction) -> None:
    document = page.document
    assert (document.title, document.publisher) == ("Rapport d’activité 2022", "Biopôle")
    assert document.source_url == "https://biopole.fr/rapport-2022"
    assert document.year == 2022, "the title's year wins over the day of publication"


def test_the_day_of_publication_is_the_last_resort(tmp_path: Path) -> None:
    source = PAGE.replace("2022", "passée")
    assert load(tmp_path, "page.html", source).document.year == 2023


def test_figures_and_their_labels_are_one_block(page: Extraction) -> None:
    assert texts(page.document, BlockKind.KEY_FIGURE) == [
        "13\nnouvelles entreprises accueillies",
        "41,7\u00a0M€\nlevés par les résidents",
        "112\nemplois nets créés",
        "27\nsalariés",
    ]
    assert "92 % de taux d'occupation" in page.document.text


def test_lists_and_captions_are_told_apart(page: Extraction) -> None:
    document = page.document
    assert texts(document, BlockKind.LIST_ITEM) == [
        "Siège\nÉvry",
        "Un conseil",
        "dix-huit membres",
        "Un bureau",
        "3. Trois",
        "4. Quatre",
    ]
    assert texts(document, BlockKind.CAPTION) == ["Budget en k€", "Figure 1 : effectifs"]
    assert path_of(document, "dix-huit") == ("Rapport 2022", "Gouvernance")
    assert path_of(document, "nouvelles entreprises") == ("Rapport 2022", "Chiffres clés")


def test_merged_cells_are_repeated_in_each_row(page: Extraction) -> None:
    assert contexts(page.document) == {
        "Nature | Montants": "",
        "Nature | 2021 | 2022": "",
        "Subventions | 3 120 | 3 305": "Nature | Montants 2021 | Montants 2022",
        "Subventions | 98 | 305": "Nature | Montants 2021 | Montants 2022",
        "Total | 610": "Nature | Montants 2021 | Montants 2022",
    }


def test_a_declared_encoding_is_believed(tmp_path: Path) -> None:
    source = (
        '<html><head><meta charset="iso-8859-1"><title>Été 2021</title></head><p>L’été « indien »</p></html>'
    )
    extraction = load(tmp_path, "a.html", source.encode("cp1252"))
    assert extraction.document.text == "L’été « indien »"
    assert "encoding_guessed" not in codes(extraction)


def test_a_page_in_another_language_is_announced(tmp_path: Path) -> None:
    extraction = load(tmp_path, "a.html", '<html lang="en-GB"><p>Annual report 2021</p></html>')
    assert [notice.detail for notice in extraction.notices if notice.code == "not_french"] == ["en-GB"]
    assert "not_french" not in codes(
        load(tmp_path, "b.html", '<html lang="fr-FR"><p>Rapport 2021</p></html>')
    )


@pytest.mark.parametrize(
    "source",
    [
        "<p>Mot",
        "Mot",
        "<table><tr><td rowspan=99999999999999999999 colspan=-3>Mot<td>b<tr><td>c",
        "<div>" * 5000 + "Mot" + "</div>" * 5000,
        "<ul>" * 400 + "<li>Mot" + "</ul>" * 400,
        "<table>" * 300 + "<tr><td>Mot",
        "<svg><p>caché</p></svg><math>x</math><p>Mot</p>",
        "<p>Mot</p><!-- commentaire <p>caché</p> -->",
        "<a href=x><div><h2>Mot</h2><p>Suite</p></div></a>",
        "<ol start='99999999999999999999999'><li>Mot</ol><dl><dd>x<dt>y</dl>",
        "<p>Mot &#0; &#xD800; &unknown; &#1114112;</p>",
        "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><p>Mot &a;</p>",
        "<p>" + "Mot " * 200 + "\x01\x0b</p><nav>x</nav>\x02",
        "<frameset><frame src=x><noframes>Mot</noframes></frameset><p>Mot</p>",
    ],
)
def test_a_hostile_page_is_read_or_refused(tmp_path: Path, source: str) -> None:
    try:
        extraction = load(tmp_path, "a.html", source)
    except UnreadableDocument as refused:
        assert refused.reason in {"empty", "damaged"}
        return
    assert "Mot" in extraction.document.text
    assert "caché" not in extraction.document.text
    assert "root:" not in extraction.document.text
    check_shape(extraction)


def test_signs_of_no_width_do_not_part_words(tmp_path: Path) -> None:
    assert load(tmp_path, "a.html", "<p>\ufefféta&shy;blis\u200bsement</p>").document.text == "établissement"


def test_a_page_with_nothing_to_read_is_empty(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument) as refused:
        load(tmp_path, "a.html", "<html><body><nav>Accueil</nav><script>1</script></body></html>")
    assert refused.value.reason == "empty"
