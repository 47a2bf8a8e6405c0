"""What the widget costs a page before it is opened: main-thread time, bytes, requests, against the page without it.

python -m bench.page_cost --address http://127.0.0.1:7860 --runs 20
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Browser, sync_playwright

from ra_assistant.interfaces.widget import script_code

PAGE = '<!doctype html><html lang="fr"><title>Page</title><main><h1>Page</h1><p>Texte.</p></main>'
SETTLED_MS = 500
MEASURES = ("TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration")


def host(pages: dict[str, str]) -> ThreadingHTTPServer:
    """Serve pages of another site."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Send a page."""
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 204)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def visit(browser: Browser, address: str) -> dict[str, float]:
    """Return what one first visit cost: milliseconds of the main thread, bytes and requests."""
    page = browser.new_context().new_page()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    session.send("Network.enable")
    told = {"bytes": 0.0, "requests": 0.0}

    def finished(event: dict[str, float]) -> None:
        told["bytes"] += event["encodedDataLength"]
        told["requests"] += 1

    session.on("Network.loadingFinished", finished)
    page.goto(address, wait_until="load")
    page.wait_for_timeout(SETTLED_MS)
    for metric in session.send("Performance.getMetrics")["metrics"]:
        if metric["name"] in MEASURES:
            told[metric["name"]] = metric["value"] * 1000
    page.context.close()
    return told


def main() -> None:
    """Print the medians with, without, and their difference."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--address", required=True)
    parser.add_argument("--runs", type=int, default=20)
    chosen = parser.parse_args()
    code = script_code(chosen.address.rstrip("/") + "/", {}, latest=True)
    server = host({"/without": PAGE, "/with": PAGE + code})
    visits: dict[str, list[dict[str, float]]] = {"without": [], "with": []}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"]
        )
        for _ in range(chosen.runs):
            for name, seen in visits.items():
                seen.append(visit(browser, f"http://127.0.0.1:{server.server_port}/{name}"))
        browser.close()
    server.shutdown()
    server.server_close()
    medians = {
        name: {key: round(statistics.median(one[key] for one in seen), 1) for key in seen[0]}
        for name, seen in visits.items()
    }
    medians["cost"] = {
        key: round(medians["with"][key] - medians["without"][key], 1) for key in medians["with"]
    }
    sys.stdout.write(json.dumps(medians) + "\n")


if __name__ == "__main__":
    main()
