import Foundation
import Processes
import Testing

@Suite("The end of who holds a lock")
struct ProcessExitTests {
    /// Takes a lock as runners do, says by whom, and waits.
    private let holder = """
        import fcntl, os, struct, sys, time
        file = open(sys.argv[1], "w")
        fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
        file.write(str(os.getpid())); file.flush()
        time.sleep(1000)
        """

    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "exit-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    @Test("It is told when it comes, by whatever signal, and not before", .timeLimit(.minutes(1)), arguments: [SIGKILL, SIGTERM, SIGSEGV])
    func told(_ signal: CInt) async throws {
        try await withFolder { folder in
            let lock = folder + "/lock"
            let python = try #require(Program.find("python3"))
            let process = try await OwnedProcess.start(Command(python, ["-c", holder, lock]), descriptors: Descriptors())
            while FileLock.holder(path: lock) != process.identifier { try await Task.sleep(for: .milliseconds(5)) }
            let exit = try #require(ProcessExit(ofHolder: lock))
            let waiting = Task {
                await exit.wait()
                return FileLock.standing(path: lock)
            }
            #expect(FileLock.standing(path: lock) == .held)
            process.signal(signal)
            #expect(await waiting.value == .free, "Its lock is free by then")
            #expect(ProcessExit(ofHolder: lock) == nil)
        }
    }

    @Test("If no process holds the lock there is none to wait for")
    func nobody() async throws {
        try await withFolder { folder in
            #expect(ProcessExit(ofHolder: folder + "/none") == nil)
            let lock = folder + "/lock"
            do {
                let own = try #require(FileLock(path: lock))
                #expect(FileLock.standing(path: lock) == .held)
                withExtendedLifetime(own) {}
            }
            // The number in it is this process's, which lives; the lock is nobody's.
            #expect(FileLock.standing(path: lock) == .free)
            #expect(ProcessExit(ofHolder: lock) == nil)
        }
    }

    @Test("What blocks holds up no task, and what is long holds up nothing that takes a moment", .timeLimit(.minutes(1)))
    func blocking() async throws {
        let gate = DispatchSemaphore(value: 0)
        async let long: Void = withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { await Blocking.run(for: .long) { gate.wait() } } }
            try await group.waitForAll()
        }
        for number in 0..<20 { #expect(await Blocking.run { number } == number) }
        for _ in 0..<20 { gate.signal() }
        try await long
        struct Failed: Error {}
        await #expect(throws: Failed.self) { try await Blocking.run { throw Failed() } }
    }
}
