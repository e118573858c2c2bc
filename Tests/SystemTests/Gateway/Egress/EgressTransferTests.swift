import Foundation
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

/// What goes through the egress proxy arrives as it was sent, to its last byte.
@Suite("Transfers through the egress proxy")
struct EgressTransferTests {
    @Test("64 MiB arrive unchanged in both directions", arguments: ["", "-p"])
    func muchOfIt(_ option: String) async throws {
        try await Self.withFile(mebibytes: 64) { sam, outside, file, sum in
            let said = try await sam.ask(
                try await sam.shell(),
                """
                curl -sS \(option) --noproxy '' -o /tmp/file http://\(outside.authority)/file && sha256sum < /tmp/file
                curl -sS \(option) --noproxy '' -T /tmp/file http://\(outside.authority)/put
                """)
            #expect(said == "\(sum)\n\(64 << 20) bytes", "\(said)")
            let sent = try #require(outside.requests.last)
            #expect(sent.method == .PUT && sent.uri == "/put")
            #expect(sent.body == file, "What came back is what went out")
        }
    }

    @Test("A slow reader gets the end of an answer from a server that has long closed", arguments: ["", "-p"])
    func slowReader(_ option: String) async throws {
        try await Self.withFile(mebibytes: 12) { sam, outside, _, sum in
            let script = "curl -sS \(option) --noproxy '' --limit-rate 4M 'http://\(outside.authority)/file?close' | sha256sum"
            let session = try await sam.shell()
            #expect(try await sam.ask(session, script) == sum)
        }
    }

    @Test("Half a MiB that is sent in chunks arrives, and whole", arguments: ["", "-p"])
    func chunks(_ option: String) async throws {
        try await Self.withFile(bytes: 512 << 10) { sam, outside, file, _ in
            let said = try await sam.ask(
                try await sam.shell(),
                """
                curl -sS \(option) --noproxy '' -o /tmp/file http://\(outside.authority)/file
                curl -sS \(option) --noproxy '' -H 'Transfer-Encoding: chunked' --data-binary @/tmp/file http://\(outside.authority)/post
                """)
            #expect(said == "\(512 << 10) bytes")
            let sent = try #require(outside.requests.last)
            #expect(sent.method == .POST && sent.uri == "/post" && sent.headers["transfer-encoding"] == ["chunked"])
            #expect(sent.body == file)
        }
    }

    @Test("An answer whose end is the end of the connection arrives whole, a small one and an empty one too", arguments: ["", "-p"])
    func closedAtOnce(_ option: String) async throws {
        try await Self.withFile(mebibytes: 1) { sam, outside, _, sum in
            try sam.write("", to: "outside/empty")
            let session = try await sam.shell()
            func get(_ name: String) -> String { "curl -sS \(option) --noproxy '' 'http://\(outside.authority)/\(name)?close'" }
            let said = try await sam.ask(
                session, "\(get("file")) | sha256sum; \(get("hello")); \(get("empty")) -w '%{http_code} %{size_download}\\n'")
            #expect(said == "\(sum)\nfrom outside\n200 0", "\(said)")
        }
    }

    @Test("What a server says before it is asked goes through a tunnel whole, although it closes at once", arguments: [0, 1])
    func greeting(_ seconds: Int) async throws {
        try await Self.withFile(mebibytes: 4) { sam, _, file, sum in
            try await GreetingServer.with(file) { port in
                try await sam.allow("127.0.0.1:\(port)", private: ["127.0.0.1:\(port)"])
                let script = """
                    timeout 20 bash -c 'exec 3<>/dev/tcp/127.0.0.1/4141
                    printf "CONNECT 127.0.0.1:\(port) HTTP/1.1\\r\\n\\r\\n" >&3
                    sleep \(seconds)
                    while read -r line <&3; do [ ${#line} -gt 1 ] || break; done
                    exec cat <&3' | sha256sum
                    """
                let session = try await sam.shell()
                #expect(try await sam.ask(session, script) == sum)
            }
        }
    }

    @Test(
        "A server that breaks off without an answer or within it ends what the client waits for, and no cut answer looks whole",
        arguments: [
            "", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "no HTTP at all\r\n\r\n",
        ])
    func brokenOff(_ answer: String) async throws {
        try await SamFixture.withOutside { sam, outside in
            try await GreetingServer.with(Data(answer.utf8)) { port in
                let target = "127.0.0.1:\(port)"
                try await sam.allow(outside.authority, target, private: [outside.authority, target])
                let session = try await sam.shell()
                for option in ["", "-p"] {
                    let get = "curl -s \(option) -m 20 --noproxy '' -o /dev/null -w '%{http_code} %{exitcode}' http://\(target)/"
                    let said = try await sam.ask(session, get).split(separator: " ")
                    try #require(said.count == 2)
                    #expect(said[1] != "28", "The client waits for what never comes, with “\(option)”")
                    #expect(said[1] != "0" || said[0] == "502", "“\(option)” ends as if all were well: \(said)")
                }
                #expect(try await sam.ask(session, outside.hello) == "from outside")
            }
        }
    }

    @Test(
        "A client that reuses a connection at once is answered or sees its end, and doesn't wait for ever",
        arguments: [true, false])
    func goingOn(_ isAllowed: Bool) async throws {
        try await SamFixture.withOutside { sam, outside in
            if isAllowed { try await sam.allow(outside) }
            let request = "GET http://\(outside.authority)/hello HTTP/1.1\\r\\nHost: \(outside.authority)\\r\\n\\r\\n"
            let script = """
                exec timeout 50 /usr/bin/python3 -c 'import socket
                answered = ended = hung = silent = 0
                while answered < 100 and hung < 3:
                    connection = socket.create_connection(("127.0.0.1", 4141), 5)
                    connection.sendall(b"\(request)")
                    answer = connection.recv(65536)
                    answered += answer.startswith(b"HTTP/1.1 ")
                    try:
                        connection.sendall(b"\(request)")
                        while connection.recv(65536): pass
                        ended += 1
                    except TimeoutError: hung += 1
                    except OSError: ended += 1
                    silent += b"connection: close" not in answer.lower()
                print(f"answered {answered} ended {ended} hung {hung} silent {silent}")'
                """
            let session = try await sam.shell()
            let said = try await sam.ask(session, script)
            #expect(said.contains("answered 100 ended 100 hung 0"), "\(said)")
            #expect(said.hasSuffix("silent 0"), "An answer after which the connection ends says so: \(said)")
        }
    }

    @Test("What a client sends right behind its CONNECT is not lost: it is tunnelled, as what it sends later is")
    func early() async throws {
        try await SamFixture.withOutside { sam, outside in
            try await sam.allow(outside)
            let session = try await sam.shell()
            let request = #"GET /hello HTTP/1.1\r\nHost: outside\r\nConnection: close\r\n\r\n"#
            let late = try await sam.ask(session, "\(SamFixture.connecting)tunnel \(outside.authority) '\(request)'")
            #expect(late.contains("from outside"), "\(late)")
            let connect = #"CONNECT \#(outside.authority) HTTP/1.1\r\n\r\n"#
            let early = try await sam.ask(session, "\(SamFixture.connecting)raw 4141 '\(connect)\(request)'")
            #expect(early.contains("from outside") && !early.contains("(hung)"), "\(early)")
        }
    }

    @Test("A client that ends its side behind its request is answered, with a refusal too", arguments: [true, false])
    func halfClosed(_ isAllowed: Bool) async throws {
        try await SamFixture.withOutside { sam, outside in
            if isAllowed { try await sam.allow(outside) }
            let request = "GET http://\(outside.authority)/hello HTTP/1.1\\r\\nHost: \(outside.authority)\\r\\n\\r\\n"
            let script = """
                exec timeout 10 /usr/bin/python3 -c 'import socket
                for ends in [False, True]:
                    connection = socket.create_connection(("127.0.0.1", 4141))
                    connection.sendall(b"\(request)")
                    if ends: connection.shutdown(socket.SHUT_WR)
                    answer = b""
                    while piece := connection.recv(65536): answer += piece
                    print(ends, answer[9:12].decode())'
                """
            let said = try await sam.ask(try await sam.shell(), script)
            let status = isAllowed ? 200 : 403
            #expect(said == "False \(status)\nTrue \(status)", "\(said)")
        }
    }

    // MARK: - Parts

    /// Runs a test's body with an outside that serves random bytes as `file`, and may be reached.
    ///
    /// - Parameter body: gets the bytes, and what `sha256sum` says of them.
    private static func withFile(
        mebibytes: Int = 0, bytes: Int = 0, _ body: (SamFixture, OutsideServer, Data, String) async throws -> Void
    ) async throws {
        try await SamFixture.withOutside { sam, outside in
            let count = (mebibytes << 20) + bytes
            let made = try await Command(
                "/bin/sh", ["-c", "head -c \(count) /dev/urandom > file && sha256sum < file"], environment: ["PATH": "/usr/bin:/bin"],
                workingDirectory: "\(sam.scratch)/outside"
            ).run()
            let file = try #require(FileManager.default.contents(atPath: "\(sam.scratch)/outside/file"))
            try #require(made.termination == .exited(0) && file.count == count)
            try await sam.allow(outside)
            try await body(sam, outside, file, made.text.trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }
}
