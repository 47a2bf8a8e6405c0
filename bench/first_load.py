"""What the first load of the chat weighs above Gradio's own empty chat, both weighed in the same run.

python -m bench.first_load --address http://127.0.0.1:7860
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress

from playwright.sync_api import Browser, sync_playwright

from bench.page_cost import SETTLED_MS

MOST_KILOBYTES = 40
EMPTY = """
import gradio as gr
gr.ChatInterface(lambda message, history: message, analytics_enabled=False).launch(
    server_name="127.0.0.1", server_port={port}, quiet=True, ssr_mode=False)
"""
PORT = 7971
PATIENCE_SECONDS = 60


def weigh(browser: Browser, address: str) -> dict[str, float]:
    """Return the kilobytes that came over the network until the text box stands, and the seconds that took."""
    page = browser.new_context().new_page()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    told: dict[str, float] = {"bytes": 0, "requests": 0}

    def finished(event: dict[str, float]) -> None:
        told["bytes"] += event["encodedDataLength"]
        told["requests"] += 1

    session.on("Network.loadingFinished", finished)
    began = time.perf_counter()
    page.goto(address)
    page.locator("textarea").first.wait_for()
    told["seconds_to_box"] = round(time.perf_counter() - began, 2)
    page.wait_for_load_state("load")
    page.wait_for_timeout(SETTLED_MS * 4)
    page.context.close()
    told["kilobytes"] = round(told.pop("bytes") / 1024, 1)
    return told


def wait_for(address: str) -> None:
    """Return when the address answers."""
    for _ in range(PATIENCE_SECONDS * 2):
        with suppress(OSError), urllib.request.urlopen(address, timeout=5):  # noqa: S310
            return
        time.sleep(0.5)
    sys.exit(f"{address} did not answer within {PATIENCE_SECONDS} s")


def main() -> int:
    """Weigh both; return 1 when ours is too heavy."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--address", default="http://127.0.0.1:7860")
    chosen = parser.parse_args()
    empty = subprocess.Popen([sys.executable, "-c", EMPTY.format(port=PORT)])
    try:
        wait_for(f"http://127.0.0.1:{PORT}")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=["--no-sandbox", "--disable-background-networking"],
            )
            weighed = {
                "gradio": weigh(browser, f"http://127.0.0.1:{PORT}"),
                "ours": weigh(browser, chosen.address),
            }
            browser.close()
    finally:
        empty.terminate()
        empty.wait(timeout=20)
    above = round(weighed["ours"]["kilobytes"] - weighed["gradio"]["kilobytes"], 1)
    print(json.dumps({**weighed, "kilobytes_above": above}))
    return 0 if above <= MOST_KILOBYTES else 1


if __name__ == "__main__":
    sys.exit(main())
