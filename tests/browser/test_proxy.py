"""Everything through nginx, under a sub-path, with the configuration that is shipped."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from ra_assistant.interfaces.widget import script_code
from tests.browser.hosting import PLAIN, Sites
from tests.conftest import REPORTS, ROOT, build_served
from tests.serving import free_port, start

pytestmark = pytest.mark.browser

QUESTION = "Combien de nouvelles entreprises en 2020 ?"
SECRET = "un mot de passe assez long"
MAIN = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; include {folder}/assistant.conf; }}
}}
"""


@pytest.fixture
def home(tmp_path: Path, sites: Sites) -> Iterator[str]:
    """Return the assistant's address behind nginx."""
    nginx = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if nginx is None:
        pytest.skip("no nginx on this machine: install the package « nginx »")
    build_served(tmp_path, REPORTS)
    running = start(
        tmp_path / "index",
        RA_ROOT_PATH="/assistant",
        RA_TRUSTED_PROXIES="127.0.0.1",
        RA_ORIGINS=sites.known,
        RA_LIMIT_PER_MINUTE="1000",
        RA_ADMIN_SECRET=SECRET,
        RA_CORPUS_DIR=str(tmp_path / "corpus"),
        PYTHONPATH=os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    )
    port = free_port()
    shipped = (ROOT / "docs/examples/nginx.conf").read_text(encoding="utf-8")
    conf = shipped.replace("http://127.0.0.1:7860/", running.address + "/")
    (tmp_path / "assistant.conf").write_text(conf, encoding="utf-8")
    (tmp_path / "nginx.conf").write_text(MAIN.format(folder=tmp_path, port=port), encoding="utf-8")
    proxy = subprocess.Popen([nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")])
    try:
        running.wait("/readyz")
        yield f"http://127.0.0.1:{port}/assistant/"
    finally:
        proxy.terminate()
        proxy.wait(10)
        status, _, complained = running.end()
    assert (status, complained) == (0, "")


def test_chat_widget_and_api_work_behind_nginx_under_a_sub_path(
    home: str, chromium: Browser, sites: Sites
) -> None:
    context = chromium.new_context(locale="fr-FR")
    failed: list[str] = []
    context.on("response", lambda reply: failed.append(reply.url) if reply.status >= 400 else None)
    page = context.new_page()
    page.goto(home)
    page.locator("#ra-box textarea").wait_for(timeout=60_000)
    page.locator("#ra-box textarea").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".ra-answered")).to_contain_text("13 nouvelles entreprises", timeout=30_000)
    site = context.new_page()
    site.goto(sites.known + sites.page(PLAIN + script_code(home, {})))
    site.locator("ra-assistant .launch").click()
    site.locator("ra-assistant textarea").fill(QUESTION)
    site.locator("ra-assistant textarea").press("Enter")
    expect(site.locator("ra-assistant .turn .answer")).to_contain_text(
        "13 nouvelles entreprises", timeout=30_000
    )
    site.goto(home + "integrer")
    assert site.locator("#script").input_value() == script_code(home, {})
    page.goto(home + "simple")
    page.get_by_label("Votre question").fill(QUESTION)
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("#reponse")).to_contain_text("13 nouvelles entreprises")
    assert page.url == home + "simple#reponse"
    page.goto(home + "rapport/rapport-2020-md?q=entreprise")
    expect(page.locator(".bar strong")).to_have_text("Passage 1 sur 2")
    page.get_by_role("link", name="Tous les rapports").click()
    page.wait_for_url(home + "rapport")
    context.close()
    assert failed == []


def test_a_report_larger_than_a_page_reaches_the_back_office_behind_nginx(
    home: str, chromium: Browser, tmp_path: Path
) -> None:
    large = tmp_path / "rapport-2021.md"
    large.write_text(REPORTS["rapport-2021.md"] + "\n\nLe conseil a siégé." * 120_000, encoding="utf-8")
    assert large.stat().st_size > 2 * 1024 * 1024
    context = chromium.new_context(locale="fr-FR")
    page = context.new_page()
    page.goto(home + "publier")
    page.get_by_label("Mot de passe de publication").fill(SECRET)
    page.keyboard.press("Enter")
    page.locator("#ra-kept li").first.wait_for(timeout=60_000)
    assert page.url == home + "publier/"
    page.locator("#ra-file input[type=file]").set_input_files(large)
    expect(page.locator("#ra-reading")).to_contain_text("19 nouvelles entreprises", timeout=60_000)
    context.close()


def test_the_words_of_a_stream_come_one_after_the_other_and_counts_stay_inside(home: str) -> None:
    body = b'{"question": "Combien de nouvelles entreprises en 2020, lentement ?"}'
    headers = {"content-type": "application/json", "accept": "text/event-stream"}
    request = urllib.request.Request(home + "api/v1/ask", body, headers)
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=30) as reply:
        arrivals = [
            (line.split()[1].decode(), time.perf_counter() - began)
            for line in reply
            if line.startswith(b"event: ")
        ]
    assert arrivals[0][0] == "stage"
    assert arrivals[-1][1] - arrivals[0][1] > 0.4, (
        "the server says the answer slowly, nginx does not wait for its end"
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(home + "metrics", timeout=10)
    assert caught.value.code == 404
    caught.value.close()
