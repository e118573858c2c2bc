import AgentProtocol
import Foundation
import Processes
import Synchronization
import Testing

@testable import Accounts
@testable import Workspaces

@Suite("Servers of repositories that are slow or say nothing", .serialized)
struct SlowServerTests {
    @Test("One that gets nowhere is given up after the limit, which is named, and leaves no program", arguments: SlowServer.all)
    func stalls(_ server: SlowServer) async throws {
        try await SalvageFixture.with(.none) { fixture in
            let slow = try await server.start(in: fixture)
            defer { slow.stop() }
            let limits = FetchLimits(whole: server.isSilent ? .seconds(600) : .seconds(4), stall: .seconds(2))
            let error = await #expect(throws: WorkspaceError.self) { _ = try await slow.prepare(fixture, limits) }
            #expect(error?.message.contains(server.isSilent ? "git.stallSeconds" : "git.timeoutSeconds") == true, "\(error?.message ?? "")")
            try await Self.noneLeft(fixture)

            // The same address, served as it should be.
            try "".write(toFile: fixture.folder + "/healthy", atomically: true, encoding: .utf8)
            #expect(try await slow.prepare(fixture, limits).base.count == 40)
        }
    }

    @Test("Cancelled, its programs end at once, and the next one finds the mirror free", arguments: SlowServer.all)
    func cancelled(_ server: SlowServer) async throws {
        try await SalvageFixture.with(.none) { fixture in
            let slow = try await server.start(in: fixture)
            defer { slow.stop() }
            let told = Mutex<[WorkspaceProgress]>([])
            let preparation = Task {
                try await slow.prepare(fixture, FetchLimits()) { progress in told.withLock { $0.append(progress) } }
            }
            while FileEntry(fixture.folder + "/asked") == .missing { try await Task.sleep(for: .milliseconds(20)) }
            preparation.cancel()
            let begin = ContinuousClock.now
            await #expect(throws: CancellationError.self) { _ = try await preparation.value }
            try await Self.noneLeft(fixture)
            // Far below any of its limits.
            #expect(ContinuousClock.now - begin < .seconds(30))
            #expect(told.withLock { $0.map(\.step) }.contains("asking the repository for its branches"))

            try "".write(toFile: fixture.folder + "/healthy", atomically: true, encoding: .utf8)
            #expect(try await slow.prepare(fixture, FetchLimits()).base.count == 40)
        }
    }

    @Test("A redirect to another server is not followed, and the error says so; the same address without one works")
    func redirect() async throws {
        try await SalvageFixture.with(.none) { fixture in
            let server = SlowServer(
                testDescription: "HTTP that redirects",
                http: """
                    c.sendall(b'HTTP/1.1 302 Found\\r\\nLocation: /inner.git/info/refs?service=git-upload-pack\\r\\nContent-Length: 0\\r\\n\\r\\n'); \
                    path.startswith('/inner') and open(folder + '/reached', 'w')
                    """)
            let running = try await server.start(in: fixture)
            defer { running.stop() }
            let error = await #expect(throws: WorkspaceError.self) { _ = try await running.prepare(fixture, FetchLimits()) }
            #expect(error?.message.contains("redirects to another") == true, "\(error?.message ?? "")")
            #expect(FileEntry(fixture.folder + "/reached") == .missing)

            try "".write(toFile: fixture.folder + "/healthy", atomically: true, encoding: .utf8)
            #expect(try await running.prepare(fixture, FetchLimits()).base.count == 40)
        }
    }

    @Test("What is being done is told, with git's own counts")
    func progress() async throws {
        try await SalvageFixture.with(.none) { fixture in
            let told = Mutex<[WorkspaceProgress]>([])
            let session = try #require(SessionID.random(prefix: "s"))
            _ = try await fixture.host.prepare(
                WorkspaceRequest(
                    session: session, project: fixture.project, branch: "sam/x",
                    report: { progress in told.withLock { $0.append(progress) } }))
            let all = told.withLock { $0 }
            var steps: [String] = []
            for progress in all where steps.last != progress.step { steps.append(progress.step) }
            #expect(
                steps == [
                    "waiting for the mirror, which is in use", "asking the repository for its branches", "fetching the repository",
                    "writing the files",
                ])
            #expect(
                all.contains { $0.step == "fetching the repository" && $0.percent == 100 && $0.detail?.contains("objects 100% (") == true })
        }
    }

    /// Waits until no program of the server's or git's is left that works for the fixture.
    private static func noneLeft(_ fixture: SalvageFixture) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let left = Mirror.names(in: "/proc").compactMap { pid_t($0) }.filter { pid in
                let line = KernelFile.text("/proc/\(pid)/cmdline") ?? ""
                return pid != getpid() && line.contains(fixture.folder) && !line.contains("serve.py")
            }
            if left.isEmpty { return }
            guard ContinuousClock.now < deadline else { throw TestFailure("These are left: \(left)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

/// A way in which a server gets nowhere, until a file `healthy` is there.
struct SlowServer: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What stands in for ssh does, after it has noted that it was asked.
    var ssh: String?
    /// What a server on HTTP sends, in Python.
    var http: String?
    /// Whether it says too little for the limit of silence.
    var isSilent = true

    static let all = [
        SlowServer(testDescription: "ssh that says nothing", ssh: "exec sleep 1000"),
        SlowServer(testDescription: "ssh that says a byte a second", ssh: "printf 00ff; while :; do printf a; sleep 1; done"),
        SlowServer(testDescription: "ssh that stops in the middle", ssh: "git-upload-pack \"$repository\" | head -c 60; exec sleep 1000"),
        SlowServer(
            testDescription: "ssh that talks about other things for ever",
            ssh: "while :; do echo \"still busy $((n=n+1))\" >&2; sleep 0.5; done", isSilent: false),
        SlowServer(testDescription: "HTTP that says nothing", http: "time.sleep(1000)"),
        SlowServer(
            testDescription: "HTTP with a header a byte a second",
            http: "[(c.sendall(bytes([b])), time.sleep(1)) for b in b'HTTP/1.1 200 OK\\r\\nX: ' + b'x' * 1000]"),
        SlowServer(
            testDescription: "HTTP with a body a byte a second",
            http:
                "c.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Type: application/x-git-upload-pack-advertisement\\r\\n\\r\\n'); [(c.sendall(b'0'), time.sleep(1)) for _ in range(1000)]"
        ),
    ]

    struct Running: Sendable {
        let host: LocalHost
        let address: String
        let process: OwnedProcess?

        func stop() { process?.signalGroup(SIGKILL) }

        func prepare(
            _ fixture: SalvageFixture, _ limits: FetchLimits, _ report: @escaping WorkspaceProgress.Report = { _ in }
        ) async throws -> PreparedWorkspace {
            let session = try #require(SessionID.random(prefix: "s"))
            let project = try SalvageFixture.project(.none, repository: address, id: fixture.project.id)
            return try await host.prepare(
                WorkspaceRequest(session: session, project: project, branch: "sam/x", limits: limits, report: report))
        }
    }

    func start(in fixture: SalvageFixture) async throws -> Running {
        var host = fixture.host
        let origin = fixture.origin.path
        if let ssh {
            let script = """
                #!/bin/sh
                repository=\(origin)
                [ -e \(fixture.folder)/healthy ] && exec git-upload-pack "$repository"
                : > \(fixture.folder)/asked
                \(ssh)
                """
            let file = fixture.folder + "/ssh"
            try Data(script.utf8).write(to: URL(filePath: file))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
            host.git = try Git(environment: [
                "PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_SSH_COMMAND": file, "GIT_CONFIG_GLOBAL": "/dev/null",
            ])
            return Running(host: host, address: "ssh://a@example.invalid/r.git", process: nil)
        }
        try await fixture.origin.git(["update-server-info"])
        let script = """
            import os, socket, sys, threading, time
            folder, origin = sys.argv[1:]
            def serve(c):
                path = c.recv(65536).split(b' ')[1].split(b'?')[0].decode().removeprefix('/r.git/')
                if os.path.exists(folder + '/healthy'):
                    file = os.path.join(origin, path)
                    body = open(file, 'rb').read() if os.path.isfile(file) else None
                    c.sendall(b'HTTP/1.0 ' + (b'200 OK' if body is not None else b'404 Not found') + b'\\r\\n\\r\\n' + (body or b''))
                else:
                    open(folder + '/asked', 'w')
                    try: \(http ?? "")
                    except OSError: pass
                c.close()
            s = socket.create_server(('127.0.0.1', 0))
            open(folder + '/port.new', 'w').write(str(s.getsockname()[1]))
            os.rename(folder + '/port.new', folder + '/port')
            while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
            """
        let file = fixture.folder + "/serve.py"
        try Data(script.utf8).write(to: URL(filePath: file))
        host.git = try Git(environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null"])
        let process = try await OwnedProcess.start(
            Command(try #require(Program.find("python3")), [file, fixture.folder, origin], environment: ["PATH": "/usr/bin:/bin"]),
            descriptors: Descriptors())
        while FileEntry(fixture.folder + "/port") == .missing { try await Task.sleep(for: .milliseconds(20)) }
        let port = try String(contentsOfFile: fixture.folder + "/port", encoding: .utf8)
        return Running(host: host, address: "http://127.0.0.1:\(port)/r.git", process: process)
    }
}
