"""The socket that the server listens on, and the address to open."""

from __future__ import annotations

import contextlib
import errno
import socket

from ra_assistant.errors import ServerUnavailable, SettingsError

PORTS_TRIED = 50


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the address.

    Raises:
        ServerUnavailable: the port is taken; the details suggest a free one.
        SettingsError: the address is not one of this machine, or the port needs rights.
    """
    try:
        return _bound(host, port)
    except socket.gaierror as error:
        raise SettingsError(f"{host!r}: {error}", name="RA_HOST", value=host) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ServerUnavailable(
                f"port {port} is taken; close the other program or choose another port",
                port=port,
                suggestion=_free_port(host, port),
            ) from error
        name, value = ("RA_PORT", port) if error.errno == errno.EACCES else ("RA_HOST", host)
        raise SettingsError(f"{host}:{port}: {error.strerror}", name=name, value=value) from error


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen()
    except OSError:
        bound.close()
        raise
    return bound


def _free_port(host: str, taken: int) -> int:
    for port in [*range(taken + 1, min(taken + PORTS_TRIED, 65536)), 0]:
        with contextlib.suppress(OSError), _bound(host, port) as found:
            return int(found.getsockname()[1])
    return taken


def address_of(host: str, port: int) -> str:
    """Return the address to open in a browser on this machine."""
    shown = "localhost" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not listened on
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
