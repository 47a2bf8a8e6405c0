"""Pages of other sites, served from origins that are not the assistant's."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

WORDPRESS = """
<style>body{font:18px/1.8 Georgia;color:#333}button,input,textarea{text-transform:uppercase;padding:2em;
border-radius:0;background:#cd2653;color:#fff;letter-spacing:.1em}a{color:#cd2653}*{box-sizing:content-box}
p{margin:0 0 3em}h2{font-size:4em}.panel,.card,.head{display:none}</style>
<div class=site><header><h1>Mon site</h1></header><main class=entry-content><p>Bonjour.</p></main></div>
"""
BOOTSTRAP = """
<style>*,::before,::after{box-sizing:border-box}body{margin:0;font-family:system-ui;font-size:1rem}html{font-size:10px}
button{border-radius:0;text-transform:none}.card{position:relative;display:flex;border:9px solid red}
.panel{padding:9rem}[hidden]{display:block!important}.modal{position:fixed;z-index:1055}</style>
<nav class="navbar fixed-top">Navigation</nav><main class=container><h1>Page</h1><p>Texte.</p></main>
"""
HOSTILE = """
<style>*{all:unset!important;font:9px cursive!important;color:red!important;display:none!important}
html,body,main{display:block!important}
#cover{display:block!important;position:fixed!important;inset:0!important;z-index:2147483647!important}</style>
<main><h1>Page</h1></main>
"""
PLAIN = "<style>body{font:16px sans-serif}</style><main><h1>Page</h1><p>Texte de la page.</p></main>"


@dataclass
class Sites:
    """Two sites on one machine: their ports make them two origins."""

    pages: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    known: str = ""
    unknown: str = ""
    _servers: list[ThreadingHTTPServer] = field(default_factory=list)

    def __enter__(self) -> Sites:
        pages = self.pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                html, headers = pages.get(self.path, ("", {}))
                self.send_response(200 if html else 204)
                self.send_header("content-type", "text/html; charset=utf-8")
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(html.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        for _ in range(2):
            server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self._servers.append(server)
        self.known, self.unknown = (f"http://127.0.0.1:{server.server_port}" for server in self._servers)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def page(self, body: str, *, path: str = "/", **headers: str) -> str:
        """Put a page on both sites; return its path."""
        head = '<!doctype html><html lang="fr"><meta name="viewport" content="width=device-width">'
        html = f"{head}<title>Page</title>{body}"
        self.pages[path] = (html, {name.replace("_", "-"): value for name, value in headers.items()})
        return path
