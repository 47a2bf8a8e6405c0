"""The organisation's own name, logo, colours and words: what is read, what is refused, what reaches the page."""

from __future__ import annotations

import io
import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import fromstring  # type: ignore[import-untyped]
from PIL import Image
from starlette.testclient import TestClient
from typer.testing import CliRunner

from ra_assistant import cli, opening, server
from ra_assistant.errors import SiteUnusable
from ra_assistant.interfaces import contrast, page, site, site_page
from ra_assistant.interfaces.assets import STATIC
from ra_assistant.interfaces.contrast import DARK, LIGHT, READABLE
from ra_assistant.interfaces.dashboard import dashboard_application
from ra_assistant.interfaces.desk import Desk
from ra_assistant.interfaces.door import Rules
from ra_assistant.interfaces.office_front import OfficeFront
from ra_assistant.interfaces.site import Site, load_site
from ra_assistant.settings import load_settings
from ra_assistant.wording import sentence_of

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="window.pwned=1">'
    "<script>window.pwned=1</script><image href='https://mal.example/a.png'/><path d='M0 0h9v9z'/></svg>"
)
WHOLE = """
nom = "Agence du Val"
logo = "logo.svg"
accueil = "Bonjour, que voulez-vous savoir ?"
questions = ["Qui préside l’agence ?", "Qui préside l’agence ?"]
contact = "contact@val.example"
mentions_legales = "https://val.example/mentions"
[couleurs]
accent = "#6B2D7B"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    (folder / "logo.svg").write_text(SVG, encoding="utf-8")
    return path


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(SiteUnusable) as caught:
        load_site(written(folder, text))
    said = sentence_of(caught.value)
    return said.removeprefix(
        f"Le fichier «\u00a0{folder / 'site.toml'}\u00a0» ne peut pas être utilisé\u00a0: "
    )


def test_without_a_file_nothing_changes_and_a_named_one_must_exist(tmp_path: Path) -> None:
    assert load_site(tmp_path / "site.toml") == Site()
    with pytest.raises(SiteUnusable) as caught:
        load_site(tmp_path / "site.toml", is_wanted=True)
    assert "n’existe pas" in sentence_of(caught.value)


def test_everything_in_the_file_is_read(tmp_path: Path) -> None:
    read = load_site(written(tmp_path, WHOLE))
    assert (read.name, read.contact) == ("Agence du Val", "contact@val.example")
    assert read.questions == ("Qui préside l’agence ?",)
    assert read.light is not None
    assert read.dark is not None
    assert read.light.accent == "#6b2d7b"
    assert read.is_derived == "dark"
    assert contrast.lowest(read.dark.accent, DARK) >= READABLE
    assert read.logo is not None
    assert read.logo.media_type == "image/svg+xml"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "coleurs = 1",
            "le réglage «\u00a0coleurs\u00a0» n’existe pas\u00a0; vouliez-vous écrire «\u00a0couleurs\u00a0»\u00a0?",
        ),
        ("[couleurs]\nacent = '#000000'", "vouliez-vous écrire «\u00a0accent\u00a0»\u00a0?"),
        ("zzz = 1", "le réglage «\u00a0zzz\u00a0» n’existe pas."),
        ("avertissement = false", "n’existe pas"),
        ("nom = 3", "«\u00a0nom\u00a0» attend un texte"),
        ("questions = 'a'", "«\u00a0questions\u00a0» attend une liste"),
        ("questions = [1]", "«\u00a0questions\u00a0» attend un texte"),
        ("couleurs = 'bleu'", "«\u00a0couleurs\u00a0» attend une rubrique"),
        (
            "questions = [" + "'a'," * 9 + "]",
            "«\u00a0questions\u00a0» compte trop de valeurs\u00a0: 8 au plus.",
        ),
        (f"accueil = '{'a' * 161}'", "trop long\u00a0: 160 caractères au plus."),
        ("nom = 'a\u202eb'", "caractère invisible"),
        ("nom = 'a'\nlogo == 3", "la ligne 2 n’est pas bien écrite"),
        (
            "[couleurs]\naccent = 'bleu'",
            "la couleur «\u00a0bleu\u00a0» (couleurs.accent) n’est pas bien écrite",
        ),
        ("[couleurs]\naccent = '#fff'", "n’est pas bien écrite"),
        ("[couleurs]\naccent = '#0f4c5c;} body{display:none'", "n’est pas bien écrite"),
        (
            "[couleurs]\naccent = '#f2c94c'",
            "son contraste est de 1,3 pour 1, il en faut 4,5. La plus proche qui convient est «\u00a0#87680a\u00a0».",
        ),
        ("[couleurs]\naccent_sombre = '#102030'", "sur fond sombre"),
        ("mentions_legales = 'javascript:alert(1)'", "doit commencer par https://"),
        ("contact = 'javascript://val.example/%0aalert(1)'", "doit commencer par https://"),
        ("contact = 'a@b@c'", "n’est pas une adresse électronique"),
        ("logo = 'absent.png'", "le fichier «\u00a0absent.png\u00a0» (logo) n’existe pas"),
        ("logo = 'site.toml'", "n’est ni une image PNG, ni un dessin SVG."),
        ("logo_sombre = 'logo.svg'", "accompagne «\u00a0logo\u00a0»"),
    ],
)
def test_what_is_wrong_is_said_in_one_french_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    said = refusal(tmp_path, text)
    assert sentence in said
    assert said.endswith((".", "?"))
    assert not said.endswith("?.")


def test_a_logo_is_a_small_png_or_svg(tmp_path: Path) -> None:
    for size, said in (((40, 20), ""), ((2001, 1), "2000 pixels au plus")):
        drawn = io.BytesIO()
        Image.new("RGB", size).save(drawn, "PNG")
        (tmp_path / "logo.png").write_bytes(drawn.getvalue())
        if said:
            assert said in refusal(tmp_path, "logo = 'logo.png'")
        else:
            read = load_site(written(tmp_path, "logo = 'logo.png'")).logo
            assert read is not None
            assert read.media_type == "image/png"
    for data, said in (
        (b"\x89PNG\r\n\x1a\n<svg/>", "n’est ni une image"),
        (b"<html xmlns='http://www.w3.org/2000/svg'/>", "n’est ni une image"),
        (b"<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><svg>&x;</svg>", "n’est ni une image"),
        (b"a" * (site.MAX_LOGO_BYTES + 1), "100 ko au plus"),
    ):
        (tmp_path / "logo.png").write_bytes(data)
        assert said in refusal(tmp_path, "logo = 'logo.png'")


COLOR = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


@settings(deadline=None)
@given(COLOR)
def test_the_nearest_colour_is_always_readable_and_a_readable_one_is_kept(color: str) -> None:
    for ground in (LIGHT, DARK):
        near = contrast.nearest(color, ground)
        assert contrast.lowest(near, ground) >= READABLE
        assert contrast.nearest(near, ground) == near


def test_contrast_is_that_of_wcag() -> None:
    assert round(contrast.ratio("#000000", "#ffffff"), 2) == 21
    assert round(contrast.ratio("#777777", "#ffffff"), 2) == 4.48
    assert contrast.mixed("#000000", "#ffffff", 0.5) == "#808080"
    assert site.shown_ratio(4.499) == "4,4"


def test_colours_are_weighed_against_those_that_the_page_has() -> None:
    style = (STATIC / "look.css").read_text("utf-8")
    light, dark, printed = re.split(r"prefers-color-scheme: dark|@media print", style)[:3]
    assert "--ra-paper: #ffffff" in printed
    for ground, said in ((LIGHT, light), (DARK, dark)):
        found = dict(re.findall(r"--ra-(\w+): (#[0-9a-f]{6});", said)[:14])
        assert ground.papers == (found["paper"], found["panel"], found["card"])
        assert (ground.card, ground.ink) == (found["card"], found["ink"])


def test_the_page_takes_name_colours_and_logo_and_keeps_its_notice(tmp_path: Path) -> None:
    read = load_site(written(tmp_path, WHOLE))
    made = page.dressed(
        b"<html lang='en'><head></head><body></body></html>", site_page.title_of(read), site=read
    ).decode()
    assert "<title>Assistant du rapport d’activité · Agence du Val</title>" in made
    assert f'href="{site_page.colors_address(read)[1:]}"' in made
    assert "--ra-accent:#6b2d7b" in site_page.colors_css(read)
    assert 'alt="Agence du Val"' in site_page.logo_html(read)
    assert 'href="mailto:contact&#64;val.example"' in site_page.contact_html(read)
    assert site_page.contact_html(Site(contact="3, rue du Port")).endswith("rue du Port&#46;</p>")
    form = site_page.contact_html(Site(contact="https://www.val.example/ecrire"))
    assert 'href="https://www.val.example/ecrire"' in form
    assert "val&#46;example</a>" in form


@pytest.fixture
def dressed(tmp_path: Path, desk: Desk) -> tuple[Site, TestClient]:
    """Return an organisation's choices and a client of the assistant that wears them."""
    read = load_site(written(tmp_path, WHOLE))
    front = server.Front(desk, "http://test", lambda sentence: None, read)
    office = OfficeFront(
        tmp_path, tmp_path, "un mot de passe assez long", dashboard_application(None, read), read
    )
    app = server.application(front, Rules(), office=office, ancestors=("https://www.val.example",))
    return read, TestClient(app)


def test_a_logo_is_served_so_that_nothing_in_it_runs(dressed: tuple[Site, TestClient]) -> None:
    read, client = dressed
    assert read.logo is not None
    reply = client.get(read.logo.address)
    assert reply.content == SVG.encode()
    assert reply.headers["content-security-policy"].startswith("default-src 'none'")
    assert "sandbox" in reply.headers["content-security-policy"]
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_the_chat_and_what_it_leads_to_may_be_framed_by_the_sites_that_are_listed(
    dressed: tuple[Site, TestClient],
) -> None:
    _, client = dressed
    for path in ("/", "/rapport", "/chiffres", "/simple"):
        policy = client.get(path).headers["content-security-policy"]
        assert "frame-ancestors 'self' https://www.val.example" in policy, path
        assert policy.count("frame-ancestors") == 1, path
    assert client.get("/healthz").headers["content-security-policy"].endswith("frame-ancestors 'self'")
    assert "val.example" not in client.get("/tableau-de-bord/").headers["content-security-policy"]


PAGES = {
    "/rapport": "Le rapport",
    "/rapport/rapport-2020-md": "Le rapport",
    "/chiffres": "Chiffres clés",
    "/simple": "Version simple",
    "/integrer": "",
    "/introuvable/ici": "",
    "/tableau-de-bord/": "Tableau de bord",
}


@pytest.mark.parametrize("path", PAGES)
def test_every_page_wears_what_the_organisation_chose_and_leads_to_the_others(
    dressed: tuple[Site, TestClient], path: str
) -> None:
    read, client = dressed
    client.post("/tableau-de-bord/entrer", data={"secret": "un mot de passe assez long"})
    reply = client.get(path, headers={"accept": "text/html"})
    assert reply.status_code == (404 if "introuvable" in path else 200)
    html = fromstring(reply.content)
    assert html.findtext(".//title").endswith(" – Assistant du rapport d’activité · Agence du Val")
    (logo,) = html.xpath("//header//img[@class='ra-logo']")
    assert logo.get("alt") == "Agence du Val"
    sheets = [urljoin(path, address) for address in html.xpath("//link[@rel='stylesheet']/@href")]
    assert sheets[0].startswith("/page/look.css")
    assert sheets[1] == site_page.colors_address(read)
    for address in (*sheets, urljoin(path, logo.get("src"))):
        assert client.get(address).status_code == 200, address
    assert "--ra-accent:#6b2d7b" in client.get(sheets[1]).text
    (home,) = html.xpath("//header/a[@class='ra-brand']/@href")
    assert urljoin(path, home) == "/"
    ways = {" ".join(link.text_content().split()): link for link in html.xpath("//nav[@class='ra-ways']/a")}
    places = {urljoin(path, link.get("href")) for link in ways.values()}
    if "tableau" in path:
        assert places == {"/", "/publier/", "/tableau-de-bord/"}
    else:
        assert places == {"/", "/rapport", "/chiffres", "/simple"}
        assert list(ways) == ["Poser une question", "Le rapport", "Chiffres clés", "Version simple"]
    assert [words for words, link in ways.items() if link.get("aria-current")] == (
        [PAGES[path]] * bool(PAGES[path])
    )
    assert html.xpath("//a[@class='ra-skip']/@href") == ["#texte"]
    assert len(html.xpath("//*[@id='texte']")) == 1
    assert len(html.xpath("//h1")) == 1


def test_the_door_and_the_refusal_without_scripts_wear_it_too(dressed: tuple[Site, TestClient]) -> None:
    read, client = dressed
    door = client.get("/tableau-de-bord/").text
    assert site_page.colors_address(read) in f"/{door.split('../', 2)[2]}"
    assert 'alt="Agence du Val"' in door
    reply = client.post("/simple", data={"question": "Quelle est la recette du gratin dauphinois ?"})
    assert 'href="mailto:contact&#64;val.example"' in reply.text
    assert "https://val.example/mentions" in reply.text


def test_no_rule_of_style_is_written_twice() -> None:
    """One sheet alone names colours; no two sheets hold the same long list of declarations."""
    seen: dict[str, str] = {}
    for path in sorted(STATIC.glob("*.css")):
        style = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
        assert path.name == "look.css" or ":root" not in style, path.name
        for declarations in re.findall(r"\{([^{}]*)\}", style):
            wanted = ";".join(sorted(part.strip() for part in declarations.split(";") if part.strip()))
            if wanted.count(";") >= 4:
                assert seen.setdefault(wanted, path.name) == path.name, (wanted, path.name)


# ── The commands ─────────────────────────────────────────────────────────────────────────────
def run(*arguments: str) -> tuple[int, str]:
    """Run the command as the shell does; return its status and all that it said."""
    result = CliRunner().invoke(cli.app, arguments)
    said = sentence_of(result.exception) if isinstance(result.exception, SiteUnusable) else ""
    return result.exit_code, result.output + said


@pytest.mark.usefixtures("hashed_embedding")
def test_site_check_shows_what_is_read_and_which_questions_are_answered(tmp_path: Path, index: Path) -> None:
    path = written(
        tmp_path, WHOLE.replace('"Qui préside l’agence ?"]', '"Quelle est la recette du gratin ?"]')
    )
    status, said = run("site", "check", str(path), "--index", str(index))
    assert status == 1
    assert "nom\u00a0: Agence du Val" in said
    assert re.search(r"fond clair\u00a0: #6b2d7b, contraste \d+,\d pour 1", said)
    assert "déduite de l’autre" in said
    assert "✓ Qui préside l’agence ?" in said
    assert "✗ Quelle est la recette du gratin ?" in said
    assert "assistant automatique" in said
    status, said = run("site", "check", str(path), "--index", str(tmp_path / "none"))
    assert status == 1
    assert "ne peuvent pas être essayées" in said
    assert run("site", "check", str(written(tmp_path, "nom = 3")))[1].endswith("guillemets droits.")


def test_site_init_writes_an_example_that_is_read_and_overwrites_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "Il n’y a pas de fichier" in run("site", "check")[1]
    status, said = run("site", "init")
    assert (status, "est écrit" in said) == (0, True)
    assert "rien n’y est réglé" in run("site", "check")[1]
    path = tmp_path / "site.toml"
    example = path.read_text("utf-8")
    uncommented = re.sub(r"^# (?=[a-z_]+ = |\[)", "", example, flags=re.M)
    for name in ("logo.svg", "logo-sombre.svg"):
        (tmp_path / name).write_text(SVG, encoding="utf-8")
    path.write_text(uncommented, encoding="utf-8")
    read = load_site(path)
    assert read.name
    assert read.dark_logo
    assert read.light
    status, said = run("site", "init")
    assert (status, "existe déjà" in said) == (1, True)
    assert path.read_text("utf-8") == uncommented
    assert run("site", "init", str(tmp_path / "none" / "x.toml"))[0] == 1


def test_a_wrong_file_keeps_the_server_from_starting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RA_SITE", str(written(tmp_path, "nom = 3")))
    load_settings.cache_clear()
    with pytest.raises(SiteUnusable):
        opening.serve(tmp_path, "127.0.0.1", 0, lambda sentence: None)


@pytest.fixture
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.conftest import REPORTS, build_served

    root = tmp_path_factory.mktemp("site-index")
    build_served(root, REPORTS)
    return root / "index"
