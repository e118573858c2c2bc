"""A hostile client: many connections that say half of something, or more than is taken, and stay.

flood.py END ADDRESS COUNT WHAT TOKEN

ADDRESS is a Unix socket's path or HOST:PORT; tls:HOST:PORT speaks TLS, and hello:HOST:PORT sends half of a handshake. WHAT is one of
  head 0 -          half a head
  body SIZE PATH    the head of a POST with a body of SIZE bytes, and all of them but the last
  requests N PATH   N whole requests at once, whose answers are not read
  message 0 TEXT    a whole message to the rehearsal
  tunnel SIZE TARGET  CONNECT, and then as much of SIZE bytes as is taken; at the end a request for /hello through it
TOKEN may be empty. Prints "ready" when all have been tried, then stays until the file END is there, and prints what became of them as JSON.
"""

import json
import os
import resource
import select
import socket
import ssl
import sys
import time

WORKERS = 5


def connect(address):
    if address.startswith("tls:"):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context.wrap_socket(connect(address[4:]))
    if address.startswith("hello:"):
        connection = connect(address[6:])
        # A record of a handshake (RFC 8446, section 5.1), of which the most part never comes.
        connection.sendall(bytes([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]))
        return connection
    if address.startswith("/"):
        connection = socket.socket(socket.AF_UNIX)
        target = address
    else:
        connection = socket.socket(socket.AF_INET)
        host, port = address.rsplit(":", 1)
        target = (host, int(port))
    connection.settimeout(10)
    for _ in range(2000):
        try:
            connection.connect(target)
            return connection
        except BlockingIOError:
            # The queue of a Unix socket is full.
            time.sleep(0.005)
    raise OSError("nobody accepts")


def opening(kind, size, path, token):
    """What is sent first on each connection."""
    proof = f"authorization: Bearer {token}\r\n" if token else ""
    post = "host: sam\r\ncontent-type: application/json\r\ncontent-length: "
    if kind == "requests":
        return f"GET {path} HTTP/1.1\r\nhost: sam\r\n{proof}\r\n".encode() * size
    if kind == "body":
        return f"POST {path} HTTP/1.1\r\n{post}{size}\r\n{proof}\r\n".encode()
    if kind == "message":
        message = {"model": "rehearsal", "max_tokens": 5, "messages": [{"role": "user", "content": path}]}
        body = json.dumps(message)
        return f"POST /gateway/rehearsal/v1/messages HTTP/1.1\r\n{post}{len(body)}\r\n{proof}\r\n{body}".encode()
    if kind == "tunnel":
        return f"CONNECT {path} HTTP/1.1\r\nhost: {path}\r\n\r\n".encode()
    return b"POST /anthropic/v1/messages HTTP/1.1\r\nhost: sam\r\nx-half: "


def say(connection, kind, first, size):
    if kind == "requests":
        connection.settimeout(2)
    connection.sendall(first)
    piece = b" " * 65536
    rest = size - 1 if kind == "body" else 0
    while rest > 0:
        rest -= connection.send(piece[: min(rest, len(piece))])
    if kind == "tunnel":
        fill(connection, piece, size)


def fill(connection, piece, size):
    if b" 200 " not in connection.recv(4096):
        raise OSError("no tunnel")
    connection.settimeout(0.2)
    try:
        for _ in range(size // len(piece)):
            connection.sendall(piece)
    except TimeoutError:
        pass


def became(connection, kind):
    """The status of the answer, or what became of a tunnel."""
    if kind != "tunnel":
        connection.setblocking(False)
        answer = connection.recv(4096).decode()
        return answer[9:12], answer
    poll = select.poll()
    poll.register(connection, 0)
    if poll.poll(0):
        return "closed", ""
    connection.settimeout(5)
    connection.sendall(b"GET /hello HTTP/1.1\r\nhost: outside\r\n\r\n")
    return "passes", connection.recv(4096).decode()


def work(address, count, kind, size, path, token, ready, go, result):
    first = b"" if address.startswith("hello:") else opening(kind, size, path, token)
    connections, outcome = [], {"opened": 0, "refused": 0, "broken": 0, "first": ""}
    for _ in range(count):
        try:
            connection = connect(address)
            connections.append(connection)
            outcome["opened"] += 1
            say(connection, kind, first, size)
        except OSError:
            outcome["broken"] += 1
    os.write(ready, b".")
    os.read(go, 1)
    for connection in connections:
        try:
            status, answer = became(connection, kind)
            outcome[status] = outcome.get(status, 0) + 1
            outcome["first"] = outcome["first"] or answer
        except OSError:
            pass
    os.write(result, (json.dumps(outcome) + "\n").encode())


def main():
    end, address, count, kind, size, path, token = sys.argv[1:]
    count, size = int(count), int(size)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    workers = min(WORKERS, count)
    (ready, ready_in), (go_out, go), (result, result_in) = os.pipe(), os.pipe(), os.pipe()
    for number in range(workers):
        if os.fork() == 0:
            os.close(go)
            share = count // workers + (1 if number < count % workers else 0)
            work(address, share, kind, size, path, token, ready_in, go_out, result_in)
            os._exit(0)
    os.close(ready_in)
    os.close(result_in)
    for _ in range(workers):
        os.read(ready, 1)
    print("ready", flush=True)
    while not os.path.exists(end):
        time.sleep(0.05)
    os.write(go, b"." * workers)
    total = {}
    for line in os.fdopen(result):
        for key, value in json.loads(line).items():
            total[key] = total.get(key, type(value)()) + value if key != "first" else total.get(key) or value
    print(json.dumps(total), flush=True)


main()
