import Foundation
import Testing

@testable import Processes

@Suite("A process and what is below it")
struct ProcessTreeTests {
    @Test("All of them are counted, and the time that they use", .timeLimit(.minutes(1)))
    func tree() async throws {
        // A shell may become its last command instead of starting it.
        let script = "(while :; do :; done) & (sleep 1000 & sleep 1000) & wait"
        // Each is the child of a thread of its own of this process.
        let process = try await OwnedProcess.start(Command("/bin/sh", ["-c", script]), descriptors: Descriptors())
        defer { process.signalGroup(SIGKILL) }
        var last = ProcessTree(of: process.identifier)
        while last.cpuMilliseconds < 50 || last.processes < 4 {
            try await Task.sleep(for: .milliseconds(10))
            last = ProcessTree(of: process.identifier)
        }
        #expect(ProcessTree(of: process.identifier, limit: 2).processes == 2)
        #expect(ProcessTree(of: getpid()).processes >= last.processes)
        process.signalGroup(SIGKILL)
        _ = await process.termination()
        #expect(ProcessTree(of: process.identifier) == ProcessTree(of: -1), "One that is gone has used nothing")
    }

    @Test(
        "A name that looks like fields is read as a name",
        arguments: [
            ("1 (a) S 0 0 0 0 0 0 0 0 0 0 10 20 3 4 0 0", 37), ("1 (a) R 9 9 9) S 0 0 0 0 0 0 0 0 0 0 1 1 1 1 0", 4), ("", nil),
            ("1 (a) S", nil),
        ] as [(String, Int64?)])
    func ticks(stat: String, ticks: Int64?) {
        #expect(ProcessTree.ticks(stat) == ticks)
    }
}
