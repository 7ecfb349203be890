"""The Python text of what stands in for the user's program in an exported test: standard library only."""

from __future__ import annotations

GET = '''

def get(place, count{https}):
    """Stands in for your program: requests of their own connections, as many as 8 at a time; errors are expected."""

    def one(path):
{connect}
        try:
            connection.request("GET", path)
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, [f"/vaurien/{{n}}" for n in range(1, count + 1)]))
'''
_PLAIN = "        connection = http.client.HTTPConnection(place.host, place.port, timeout=PATIENCE_S)"
_EITHER = """\
        if https:
            context = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection(place.host, place.port, timeout=PATIENCE_S, context=context)
        else:
            connection = http.client.HTTPConnection(place.host, place.port, timeout=PATIENCE_S)"""
SEND = '''

def send(place, requests):
    """Stands in for your program: each request on a connection of its own, in this order; errors are expected."""
    connections = []
    for request in requests:
        connections.append(socket.create_connection((place.host, place.port), PATIENCE_S))
        connections[-1].sendall(request.encode())
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
IMPORTS = {
    "get": ("http.client", "from concurrent.futures import ThreadPoolExecutor"),
    "send": ("socket", "time"),
    "connect": ("socket",),
}
