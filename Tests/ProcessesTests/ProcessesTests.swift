import Foundation
import Processes
import Synchronization
import Testing

@Suite("Running programs")
struct ProcessesTests {
    @Test("Arguments arrive as they are, and nothing of the environment is inherited")
    func argumentsAndEnvironment() async throws {
        let output = try await Command(
            "/usr/bin/env", ["sh", "-c", "printf '%s|' \"$@\"; env", "sh", "a b", "$(id)", "-x", "ü\n"],
            environment: ["PATH": "/usr/bin:/bin", "ONLY": "this"]
        ).run()
        #expect(output.termination == .exited(0))
        #expect(output.text.hasPrefix("a b|$(id)|-x|ü\n|"))
        let names = Set(
            output.text.split(separator: "|").last.map { $0.split(separator: "\n").map { String($0.prefix { $0 != "=" }) } } ?? [])
        #expect(names.subtracting(["PWD", "_", "SHLVL", "OLDPWD"]) == ["PATH", "ONLY"])
    }

    @Test("Input arrives, errors are kept apart, and the way it ended is told")
    func inputAndErrors() async throws {
        let echoed = try await Command("/bin/cat", []).run(input: Array("hello".utf8))
        #expect(echoed.text == "hello")
        let failed = try await Command("/bin/sh", ["-c", "echo bad >&2; exit 7"]).run()
        #expect(failed.termination == .exited(7))
        #expect(failed.standardError == "bad\n")
        #expect(try await Command("/bin/sh", ["-c", "kill -9 $$"]).run().termination == .signalled(9))
    }

    @Test("A program that is not there is an error that names it")
    func notThere() async throws {
        let error = await #expect(throws: ProcessError.self) { try await Command("/no/such/program", []).run() }
        #expect(error?.code == .notStarted)
        #expect(error?.message.contains("/no/such/program") == true)
        await #expect(throws: ProcessError.self) {
            try await OwnedProcess.start(Command("/no/such/program", []), descriptors: Descriptors())
        }
        #expect(throws: ProcessError.self) { try Command("/no/such/program", []).detach(log: "/dev/null") }
    }

    @Test("Too much time, or too much output, ends the program with everything it started")
    func limits() async throws {
        let marker = "sleep-\(UUID().uuidString)"
        let error = await #expect(throws: ProcessError.self) {
            try await Command("/bin/sh", ["-c", "sh -c 'sleep 1000 # \(marker)' & wait"]).run(timeout: .milliseconds(200))
        }
        #expect(error?.code == .timedOut)
        #expect(running(marker) == 0)
        let flood = await #expect(throws: ProcessError.self) { try await Command("/usr/bin/yes", []).run(limit: 10_000) }
        #expect(flood?.code == .tooMuchOutput)
    }

    @Test("Output that is passed on piece by piece arrives whole, and a program of which no more is needed is ended")
    func passedOn() async throws {
        let sum = Mutex(0)
        let output = try await Command("/usr/bin/head", ["-c", "3000000", "/dev/zero"]).read(timeout: .seconds(60)) { bytes in
            sum.withLock { $0 += bytes.count }
            return true
        }
        #expect(output?.termination == .exited(0))
        #expect(sum.withLock { $0 } == 3_000_000)
        #expect(try await Command("/usr/bin/yes", []).read(timeout: .seconds(60)) { _ in false } == nil)
        let failed = try await Command("/bin/sh", ["-c", "echo bad >&2; exit 7"]).read(timeout: .seconds(60)) { _ in true }
        #expect(failed?.termination == .exited(7) && failed?.standardError == "bad\n")
        let error = await #expect(throws: ProcessError.self) {
            try await Command("/bin/sleep", ["1000"]).read(timeout: .milliseconds(100)) { _ in true }
        }
        #expect(error?.code == .timedOut)
    }

    @Test("An owned program gets its four descriptors and no other")
    func descriptors() async throws {
        let secret = open("/etc/passwd", O_RDONLY)  // deliberately not close-on-exec
        defer { close(secret) }
        let pipe = try PipeEnds()
        let process = try await OwnedProcess.start(
            Command("/bin/sh", ["-c", "ls /proc/self/fd | tr '\\n' ' '; echo extra >&3"], environment: ["PATH": "/bin:/usr/bin"]),
            descriptors: Descriptors(output: pipe.writing, extra: pipe.writing))
        close(pipe.writing)
        let text = FileHandle(fileDescriptor: pipe.reading, closeOnDealloc: true).readDataToEndOfFile()
        // The fifth is the folder that ls itself reads.
        #expect(String(decoding: text, as: UTF8.self) == "0 1 2 3 4 extra\n")
        #expect(await process.termination() == .exited(0))
    }

    @Test("A signal reaches an owned program, and after its end no other process")
    func signals() async throws {
        let process = try await OwnedProcess.start(Command("/bin/sleep", ["1000"]), descriptors: Descriptors())
        process.signalGroup(SIGTERM)
        #expect(await process.termination() == .signalled(SIGTERM))
        process.signal(SIGKILL)
    }

    @Test("An owned program dies with its owner, a detached one keeps running")
    func death() async throws {
        // The owner is a program of its own that can be killed: bubblewrap's own flag is not involved here.
        let marker = UUID().uuidString
        let detached = try Command("/bin/sleep", ["1000"], environment: ["MARKER": marker]).detach(log: "/dev/null")
        #expect(kill(detached, 0) == 0)
        let status = try String(contentsOfFile: "/proc/\(detached)/stat", encoding: .utf8).split(separator: " ")
        #expect(status[3] != "\(getpid())", "It is nobody's child of ours")
        kill(detached, SIGKILL)
    }

    @Test("A lock is held by one, tells by whom, and is free when its holder is gone", .timeLimit(.minutes(1)))
    func locks() async throws {
        let path = NSTemporaryDirectory() + "lock-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(!FileLock.isHeld(path: path))
        var lock = FileLock(path: path)
        #expect(lock != nil)
        #expect(FileLock(path: path) == nil)
        #expect(FileLock.holder(path: path) == getpid())
        lock = nil
        // A program that another test starts at this moment has the descriptor until it is itself.
        while FileLock.holder(path: path) != nil { await Task.yield() }
        #expect(FileLock(path: path) != nil)
    }

    @Test("A program is found by its bare name in a search path, and never by a relative path")
    func finding() {
        #expect(Program.find("sh", in: "/nonexistent:/bin") == "/bin/sh")
        #expect(Program.find("/bin/sh") == "/bin/sh")
        #expect(Program.find("../bin/sh", in: "/usr") == nil)
        #expect(Program.find("", in: "/bin") == nil)
    }

    private func running(_ text: String) -> Int {
        let processes = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
        return processes.count { pid in
            FileManager.default.contents(atPath: "/proc/\(pid)/cmdline").map { String(decoding: $0, as: UTF8.self).contains(text) } == true
        }
    }
}
