"""Word and OpenDocument files keep their structure; hostile archives are refused before parsing."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import docx
import odfdo
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from ra_assistant.errors import UnreadableDocument
from ra_assistant.reading import archives
from ra_assistant.types import BlockKind
from tests.reading_fixtures import check_shape, contexts, load, path_of, texts

BUDGET = [
    ["Nature", "2021", "2022"],
    ["Subventions", "3 120", "3 305"],
    ["", "98", "305"],
    ["Total", "", "610"],
]


def word_report(*, french: bool = False) -> bytes:
    report = docx.Document()
    if french:
        for level in (1, 2):
            report.styles[f"Heading {level}"].name = f"Titre {level}"
    report.add_paragraph("Rapport d'activité 2022", style="Title")
    report.add_paragraph("Éditorial", style="Titre 1" if french else "Heading 1")
    paragraph = report.add_paragraph("Une ")
    paragraph.add_run("année").bold = True
    paragraph.add_run(" record\u00a0: l'emploi.\tSuite")
    paragraph.add_run("CACHÉ").font.hidden = True
    paragraph._p.append(
        parse_xml(
            f"<w:del {nsdecls('w')}><w:r><w:delText>SUPPRIMÉ</w:delText><w:t>SUPPRIMÉ</w:t></w:r></w:del>"
        )
    )
    paragraph._p.append(parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t> Ajouté.</w:t></w:r></w:ins>"))
    report.add_paragraph("Un point", style="List Bullet")
    report.add_paragraph("Deux points", style="List Number")
    report.add_paragraph("Chiffres", style="Titre 2" if french else "Heading 2")
    report.add_paragraph("187")
    report.add_paragraph("adhérents au 31 décembre")
    add_budget(report)
    report.add_paragraph("Figure 1 : courbe", style="Caption")
    report.sections[0].header.paragraphs[0].text = "EN-TÊTE"
    report.sections[0].footer.paragraphs[0].text = "PIED"
    return saved(report)


def add_budget(report: object) -> None:
    table = report.add_table(rows=4, cols=3)  # type: ignore[attr-defined]
    for row, cells in enumerate(BUDGET):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(3, 0).merge(table.cell(3, 1))


def saved(report: object) -> bytes:
    buffer = BytesIO()
    report.save(buffer)  # type: ignore[attr-defined]
    return buffer.getvalue()


def odt_report() -> bytes:
    report = odfdo.Document("text")
    body = report.body
    body.clear()
    report.meta.title = "Rapport 2020"
    body.append(odfdo.Header(1, "Éditorial"))
    body.append(odfdo.Paragraph("Une année\n\tdifficile\u00a0: l'emploi."))
    items = odfdo.List(["Un", "Deux"])
    items.get_items()[1].append(odfdo.List(["Deux bis"]))
    body.append(items)
    body.append(odfdo.Header(2, "Comptes"))
    table = odfdo.Table("Budget", width=3, height=4)
    for row, cells in enumerate(BUDGET):
        for column, text in enumerate(cells):
            table.set_value((column, row), text)
    table.set_span((0, 1, 0, 2))
    table.set_span((0, 3, 1, 3))
    body.append(table)
    noted = odfdo.Paragraph("Avec une note")
    noted.insert_note(after="note", note_id="n1", citation="1", body="Le texte de la note.")
    body.append(noted)
    body.append(odfdo.Paragraph("13"))
    body.append(odfdo.Paragraph("entreprises accueillies"))
    return saved(report)


@pytest.mark.parametrize("french", [False, True], ids=["english styles", "french styles"])
def test_a_word_report_keeps_its_structure(tmp_path: Path, french: bool) -> None:
    extraction = load(tmp_path, "r.docx", word_report(french=french))
    document = extraction.document
    assert document.title == "Rapport d'activité 2022"
    assert document.year == 2022
    assert document.page_starts == ()
    assert path_of(document, "187") == ("Rapport d'activité 2022", "Éditorial", "Chiffres")
    assert "Une année record\u00a0: l'emploi. Suite Ajouté." in document.text
    assert texts(document, BlockKind.LIST_ITEM) == ["Un point", "Deux points"]
    assert texts(document, BlockKind.KEY_FIGURE) == ["187\nadhérents au 31 décembre"]
    assert texts(document, BlockKind.CAPTION) == ["Figure 1 : courbe"]
    for words in ("EN-TÊTE", "PIED", "CACHÉ", "SUPPRIMÉ"):
        assert words not in document.text
    check_shape(extraction)


@pytest.mark.parametrize(("name", "content"), [("r.docx", word_report()), ("r.odt", odt_report())])
def test_merged_cells_are_repeated_in_each_row(tmp_path: Path, name: str, content: bytes) -> None:
    assert contexts(load(tmp_path, name, content).document) == {
        "Nature | 2021 | 2022": "",
        "Subventions | 3 120 | 3 305": "Nature | 2021 | 2022",
        "Subventions | 98 | 305": "Nature | 2021 | 2022",
        "Total | 610": "Nature | 2021 | 2022",
    }


def test_a_table_style_that_sets_the_first_row_apart_says_the_header(tmp_path: Path) -> None:
    report = docx.Document()
    for style in ("Light List", "Table Grid"):
        table = report.add_table(rows=2, cols=2, style=style)
        for cell, text in zip(
            table._cells, ("Fonction", "Responsable", style, "Anne Corvaisier"), strict=True
        ):
            cell.text = text
    found = contexts(load(tmp_path, "r.docx", saved(report)).document)
    assert found["Light List | Anne Corvaisier"] == "Fonction | Responsable"
    assert found["Table Grid | Anne Corvaisier"] == ""


def test_an_opendocument_report_keeps_its_structure(tmp_path: Path) -> None:
    extraction = load(tmp_path, "r.odt", odt_report())
    document = extraction.document
    assert (document.title, document.year) == ("Rapport 2020", 2020)
    assert path_of(document, "Subventions") == ("Éditorial", "Comptes")
    assert "Une année\ndifficile\u00a0: l'emploi." in document.text
    assert texts(document, BlockKind.LIST_ITEM) == ["Un", "Deux", "Deux bis"]
    assert texts(document, BlockKind.KEY_FIGURE) == ["13\nentreprises accueillies"]
    assert "Avec une note\n\nLe texte de la note." in document.text
    check_shape(extraction)


def test_without_heading_styles_short_bold_paragraphs_are_headings(tmp_path: Path) -> None:
    report = docx.Document()
    report.add_paragraph().add_run("Nos missions").bold = True
    report.add_paragraph("Fédérer les acteurs du territoire.")
    document = load(tmp_path, "r.docx", saved(report)).document
    assert texts(document, BlockKind.HEADING) == ["Nos missions"]


def test_a_text_box_and_a_content_control_are_read_once(tmp_path: Path) -> None:
    report = docx.Document()
    box = (
        f"<w:r {nsdecls('w')} xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'>"
        "<mc:AlternateContent><mc:Choice><w:drawing><w:txbxContent><w:p><w:r><w:t>Dans la zone.</w:t></w:r></w:p>"
        "</w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent><w:p><w:r>"
        "<w:t>Dans la zone.</w:t></w:r></w:p></w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    report.add_paragraph("Avant.")._p.append(parse_xml(box))
    control = f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>Contrôlé.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    report.element.body.insert(0, parse_xml(control))
    assert load(tmp_path, "r.docx", saved(report)).document.text == "Contrôlé.\n\nAvant.\n\nDans la zone."


def test_a_table_of_one_column_only_places_its_text(tmp_path: Path) -> None:
    report = docx.Document()
    table = report.add_table(rows=1, cols=1)
    table.cell(0, 0).text = "Un encadré."
    table.cell(0, 0).add_paragraph("Sa suite.")
    assert texts(load(tmp_path, "r.docx", saved(report)).document, BlockKind.PARAGRAPH) == [
        "Un encadré.",
        "Sa suite.",
    ]


def zipped(members: dict[str, bytes], *, level: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", level) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def changed(source: bytes, member: str, change: dict[bytes, bytes]) -> bytes:
    with zipfile.ZipFile(BytesIO(source)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for old, new in change.items():
        assert old in members[member]
        members[member] = members[member].replace(old, new)
    return zipped(members)


ENTITY = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
XML = b"<?xml version='1.0' encoding='UTF-8' standalone='yes'?>"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.docx", b"PK\x03\x04" + bytes(100), "damaged"),
        ("a.docx", word_report()[:2000], "damaged"),
        ("a.docx", odt_report(), "mislabelled"),
        ("a.odt", word_report(), "mislabelled"),
        ("a.docx", zipped({"a.txt": b"x"}), "mislabelled"),
        ("a.docx", OLE, "mislabelled"),
        ("a.docx", OLE + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        ("a.docx", changed(word_report(), "word/document.xml", {XML: XML + ENTITY}), "damaged"),
        ("a.docx", changed(word_report(), "word/document.xml", {b"<w:body>": b"<w:bod>"}), "damaged"),
        ("a.odt", changed(odt_report(), "content.xml", {b"<office:body>": b"<office:bod>"}), "damaged"),
        (
            "a.odt",
            changed(
                odt_report(), "META-INF/manifest.xml", {b"</manifest:manifest>": b"<!--encryption-data-->"}
            ),
            "encrypted",
        ),
        (
            "a.odt",
            changed(odt_report(), "mimetype", {b"opendocument.text": b"opendocument.spreadsheet"}),
            "mislabelled",
        ),
        (
            "a.docx",
            zipped({"word/document.xml": bytes(30_000_000), "[Content_Types].xml": b"x"}),
            "too_large",
        ),
        ("a.docx", saved(docx.Document()), "empty"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else str(value),
)
def test_a_bad_archive_is_refused_with_its_reason(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    with pytest.raises(UnreadableDocument) as refused:
        load(tmp_path, name, content)
    assert refused.value.reason == reason


def test_an_archive_beyond_the_limit_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 10_000)
    with pytest.raises(UnreadableDocument) as refused:
        load(tmp_path, "a.docx", word_report())
    assert refused.value.reason == "too_large"


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    content = bytearray(word_report())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = -1
        while (start := content.find(signature, start + 1)) >= 0:
            content[start + place] |= 1
    with pytest.raises(UnreadableDocument) as refused:
        load(tmp_path, "a.docx", bytes(content))
    assert refused.value.reason == "encrypted"


def test_footnotes_stand_after_the_paragraph_that_calls_them(tmp_path: Path) -> None:
    report = docx.Document()
    report.add_paragraph("Avec une note")._p.append(
        parse_xml(f'<w:r {nsdecls("w")}><w:footnoteReference w:id="2"/></w:r>')
    )
    notes = (
        f"<w:footnotes {nsdecls('w')}><w:footnote w:id='2'><w:p><w:r><w:footnoteRef/><w:t> La note.</w:t></w:r></w:p>"
        "</w:footnote></w:footnotes>"
    )
    part = docx.opc.part.Part(
        docx.opc.packuri.PackURI("/word/footnotes.xml"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml",
        notes.encode(),
        report.part.package,
    )
    report.part.relate_to(
        part, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    )
    assert load(tmp_path, "r.docx", saved(report)).document.text == "Avec une note\n\nLa note."
    assert qn("w:p")
