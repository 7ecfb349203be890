"""The Python text of what stands in for the user's program in an exported test: standard library only."""

from __future__ import annotations

GET = '''

def get(place, count{https}):
    """Stands in for your program: GET requests, up to 8 at once; errors are expected."""

    def one(path):
{connect}
        try:
            connection.request("GET", path)
            connection.getresponse().read()
        except (OSError, HTTPException):
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, [f"/vaurien/{{n}}" for n in range(1, count + 1)]))
'''
_PLAIN = "        connection = HTTPConnection(place.host, place.port, timeout=PATIENCE_S)"
_EITHER = """\
        if https:
            context = ssl._create_unverified_context()
            connection = HTTPSConnection(
                place.host, place.port, timeout=PATIENCE_S, context=context
            )
        else:
            connection = HTTPConnection(place.host, place.port, timeout=PATIENCE_S)"""
SEND = '''

def send(place, requests):
    """Stands in for your program: each request on its own connection, in this order."""
    connections = []
    for request in requests:
        connection = socket.create_connection((place.host, place.port), PATIENCE_S)
        connection.sendall(request.encode())
        connections.append(connection)
    until = time.monotonic() + PATIENCE_S
    for connection in connections:
        try:
            connection.settimeout(max(0.01, until - time.monotonic()))
            connection.recv(65536)
        except OSError:
            pass
        finally:
            connection.close()
'''
CONNECT = '''

def connect(place):
    """Stands in for your program: connects, and reads what the server says first."""
    with socket.create_connection((place.host, place.port), PATIENCE_S) as connection:
        try:
            connection.recv(65536)
        except OSError:
            pass
'''
STAND_INS = {
    "get": GET.format(https="", connect=_PLAIN),
    "send": SEND,
    "connect": CONNECT,
}
"""By the name of the function."""
SECURE_GET = GET.format(https=", https=False", connect=_EITHER)
PLAIN_HTTP = "from http.client import HTTPConnection, HTTPException"
IMPORTS = {
    "get": (PLAIN_HTTP, "from concurrent.futures import ThreadPoolExecutor"),
    "send": ("socket", "time"),
    "connect": ("socket",),
}
