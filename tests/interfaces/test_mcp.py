"""The tools of the Model Context Protocol, through the official client, by HTTP and by standard input."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from ra_assistant import server, web_commands
from ra_assistant.errors import MissingExtra
from ra_assistant.interfaces.attendant import Attendant
from ra_assistant.interfaces.desk import Desk
from ra_assistant.interfaces.mcp_server import mcp_server, page_json
from ra_assistant.wording import sentence_of
from tests.conftest import ROOT, make_document
from tests.interfaces.conftest import Connect
from tests.interfaces.test_command_line import FAKED
from tests.serving import serving

QUESTION = "Combien de nouvelles entreprises en 2020 ?"


def using(target: Any, use: Callable[[Client], Any]) -> Any:
    async def run() -> Any:
        async with Client(target) as client:
            return await use(client)

    return asyncio.run(run())


async def everything(client: Client) -> dict[str, Any]:
    """Use every tool as a program would."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    asked = await client.call_tool("demander", {"question": QUESTION})
    history = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": "13"}]
    follow_up = await client.call_tool("demander", {"question": "Et en 2021 ?", "historique": history})
    found = await client.call_tool("chercher", {"texte": "thérapie génique", "nombre": 2})
    listed = await client.call_tool("lire_page", {})
    read = await client.call_tool("lire_page", {"document": "rapport-2020.md", "page": 2})
    refused = [
        await client.call_tool("demander", {"question": "?"}),
        await client.call_tool("lire_page", {"document": "rapport-2020.md", "page": 99}),
        await client.call_tool("lire_page", {"document": "absent"}),
        await client.call_tool("chercher", {"texte": "a", "nombre": 1000}),
    ]
    return {
        "tools": tools, "asked": asked, "follow_up": follow_up, "found": found, "listed": listed, "read": read,
        "refused": refused,
    }  # fmt: skip


def check(told: dict[str, Any]) -> None:
    assert set(told["tools"]) == {"chercher", "lire_page", "demander"}
    for tool in told["tools"].values():
        assert tool.annotations.read_only_hint is True
        assert tool.description
    answer = told["asked"].structured_content
    assert answer["outcome"] == "answered"
    assert answer["citations"][0]["quote"] == "L’agence a accueilli 13 nouvelles entreprises en 2020."
    assert "19" in told["follow_up"].structured_content["answer"]
    passages = told["found"].structured_content["passages"]
    assert 1 <= len(passages) <= 2
    assert "thérapie génique" in passages[0]["text"]
    assert [row["year"] for row in told["listed"].structured_content["documents"]] == [2021, 2020]
    page = told["read"].structured_content
    assert (page["unit"], page["number"]) == ("section", 2)
    assert "13 nouvelles entreprises" in page["text"]
    assert all(result.is_error for result in told["refused"])
    sentences = [result.content[0].text for result in told["refused"]]
    assert "écrivez-la en quelques mots" in sentences[0]
    assert "va de 1 à" in sentences[1]
    assert "«\u00a0absent\u00a0»" in sentences[2]


def test_a_client_searches_reads_and_asks_in_this_process(desk: Desk) -> None:
    check(using(mcp_server(Attendant(desk), "1"), everything))


def test_a_client_searches_reads_and_asks_by_standard_input(index: Path) -> None:
    code = FAKED.replace(
        'sys.argv[0] = "ra-assistant"', f'sys.argv = ["ra-assistant", "mcp", "--index", {str(index)!r}]'
    )
    check(
        using(
            StdioServerParameters(
                command=sys.executable, args=["-c", code], cwd=str(ROOT), env=dict(os.environ)
            ),
            everything,
        )
    )


def test_a_client_searches_reads_and_asks_over_http_and_another_site_does_not(index: Path) -> None:
    for running in serving(index, RA_MCP="true"):
        check(using(running.address + "/mcp", everything))
        refused = running.get(
            "/mcp", b"{}", Origin="https://mal.example", **{"Content-Type": "application/json"}
        )
        assert (refused.status, refused.json()["code"]) == (403, "origin_refused")


def test_without_the_setting_there_is_no_such_address(connect: Connect) -> None:
    assert connect().post("/mcp", json={}).status_code == 503, "it is left to the chat, which is not there"


def test_a_closed_assistant_is_a_sentence() -> None:
    closed = mcp_server(Attendant(Desk(lambda: pytest.fail("nothing is opened"))), "1")

    async def ask(client: Client) -> Any:
        return await client.call_tool("demander", {"question": QUESTION})

    result = using(closed, ask)
    assert result.is_error
    assert "n’est pas disponible" in result.content[0].text


def test_pages_partition_a_document_that_has_some() -> None:
    document = make_document("Un.\n\nDeux.\n\nTrois.", page_starts=(0, 5), page_labels=("i", "1"))
    pages = [page_json(document, number) for number in (1, 2)]
    assert "".join(page["text"] for page in pages) == document.text
    assert [(page["unit"], page["page_label"], page["last"]) for page in pages] == [
        ("page", "i", 2),
        ("page", "1", 2),
    ]


def test_a_missing_package_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for call in (lambda: server.mcp_tools(Attendant(desk)), lambda: web_commands.mcp(None)):
        with pytest.raises(MissingExtra) as caught:
            call()
        assert "ra-assistant[mcp]" in sentence_of(caught.value)
