"""A hostile client: many connections that say half of something and stay.

flood.py END ADDRESS COUNT [SIZE PATH TOKEN]

ADDRESS is a Unix socket's path or HOST:PORT. Without SIZE each connection sends half a head; with it the head of a POST with
a body of SIZE bytes, and all of them but the last. Prints "ready" when all have been tried, then stays until the file END is there, and
prints what became of them as JSON.
"""

import json
import os
import resource
import socket
import sys
import time

WORKERS = 5


def connect(address):
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


def work(address, count, size, path, token, ready, go, result):
    if size:
        head = f"POST {path} HTTP/1.1\r\nhost: sam\r\ncontent-length: {size}\r\ncontent-type: application/json\r\n"
        head = (head + (f"authorization: Bearer {token}\r\n" if token else "") + "\r\n").encode()
        piece = b" " * 65536
    else:
        head = b"POST /anthropic/v1/messages HTTP/1.1\r\nhost: sam\r\nx-half: "
    connections, outcome = [], {"opened": 0, "refused": 0, "broken": 0, "first": ""}
    for _ in range(count):
        try:
            connection = connect(address)
            connections.append(connection)
            outcome["opened"] += 1
            connection.sendall(head)
            rest = size - 1
            while size and rest > 0:
                rest -= connection.send(piece[: min(rest, len(piece))])
        except OSError:
            outcome["broken"] += 1
    os.write(ready, b".")
    os.read(go, 1)
    for connection in connections:
        try:
            connection.setblocking(False)
            answer = connection.recv(4096).decode()
            status = answer[9:12]
            outcome[status] = outcome.get(status, 0) + 1
            outcome["first"] = outcome["first"] or answer
        except OSError:
            pass
    os.write(result, (json.dumps(outcome) + "\n").encode())


def main():
    end, address, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    size = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    path, token = (sys.argv[5:7] + ["", ""])[:2]
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    workers = min(WORKERS, count)
    (ready, ready_in), (go_out, go), (result, result_in) = os.pipe(), os.pipe(), os.pipe()
    for number in range(workers):
        if os.fork() == 0:
            os.close(go)
            share = count // workers + (1 if number < count % workers else 0)
            work(address, share, size, path, token, ready_in, go_out, result_in)
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
