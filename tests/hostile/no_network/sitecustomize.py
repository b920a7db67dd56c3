"""Refuses and notes every connection to another machine, in each process that has this folder on its path.

Python imports a module of this name when it starts; NO_NETWORK_LOG names the file of notes.
"""

import ipaddress
import os
import sys


def _is_own(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse(event: str, arguments: tuple) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto"):
        host = arguments[1][0] if isinstance(arguments[1], tuple) else None  # None: on this machine
    elif event == "socket.gethostbyname":
        host = arguments[0]
    else:
        return
    if not _is_own(host):
        with open(os.environ["NO_NETWORK_LOG"], "a", encoding="utf-8") as log:
            log.write(f"{event} {host} by {sys.argv[:2]}\n")
        raise OSError(f"the test allows no connection to {host}")


if os.environ.get("NO_NETWORK_LOG"):
    sys.addaudithook(_refuse)
