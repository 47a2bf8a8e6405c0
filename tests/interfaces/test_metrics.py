"""The counts: what is counted, who may read them, and that they hold no word."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from ra_assistant.interfaces.desk import Desk
from tests.interfaces.conftest import Connect

ASKED = ("Combien de nouvelles entreprises en 2020 ?", "Bonjour", "Quel est le salaire du préfet ?")


def counts(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_answers_and_time_are_counted_without_a_word(connect: Connect) -> None:
    client = connect(address="127.0.0.1")
    for question in ASKED:
        client.post("/api/v1/ask", json={"question": question})
    client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "Bonjour"}]})
    client.get("/secret-path")
    client.request("SECRET-METHOD", "/healthz")
    reply = client.get("/metrics")
    assert reply.headers["content-type"].startswith("text/plain")
    told = counts(reply.text)
    assert told["ra_requests_total", "/api/v1/ask", "200", "POST"] == 3
    assert told["ra_requests_total", "/{other}", "503", "GET"] == 1
    assert told["ra_requests_total", "/healthz", "503", "OTHER"] == 1
    assert told["ra_answers_total", "answered"] == 1
    assert told["ra_answers_total", "small_talk"] == 2
    assert told["ra_answers_total", "not_in_report"] == 1
    assert told["ra_answer_seconds_count",] == 4
    assert told["ra_index_open",] == 1
    assert told["process_resident_memory_bytes",] > 0
    for word in ("secret", "SECRET", "entreprises", "127.0.0.1", "Bonjour"):
        assert word not in reply.text


def test_only_programs_of_this_machine_read_them(connect: Connect) -> None:
    assert connect(address="192.0.2.1").get("/metrics").status_code == 404
    local = connect(address="127.0.0.1")
    for header in ("x-forwarded-for", "forwarded", "x-real-ip"):
        assert local.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404, header
    assert local.get("/metrics").status_code == 200
    assert connect(address="::1").get("/metrics").status_code == 200


def test_an_index_that_is_not_open_is_seen(connect: Connect) -> None:
    closed = connect(address="127.0.0.1", desk=Desk(lambda: (_ for _ in ()).throw(AssertionError)))
    assert counts(closed.get("/metrics").text)["ra_index_open",] == 0
