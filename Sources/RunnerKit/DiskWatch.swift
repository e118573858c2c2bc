import AgentProtocol
import Foundation
import Processes

/// Looks how much room an agent takes on disk: the more often, the nearer it is to its limit.
///
/// A file that was removed while a process holds it open counts for nobody here; how large one file may become is limited by the kernel.
struct DiskWatch: Sendable {
    private let disk: RunnerConfiguration.Disk

    /// What a fast disk takes in a second, in bytes: no agent gets from one look to the next past its limit by more than a disk is
    /// faster than that.
    private static let speed = 256 << 20

    init(_ disk: RunnerConfiguration.Disk) {
        self.disk = disk
    }

    /// Looks until the agent is past its limit or the task is cancelled.
    ///
    /// - Returns: whether it is past it, or nobody can tell any more.
    func isFilled() async -> Bool {
        var failures = 0
        while !Task.isCancelled {
            let began = ContinuousClock.now
            if let size = await size() {
                failures = 0
                if size > disk.limit { return true }
                // A large tree takes its time to look at, and gets some of it in peace.
                let cost = ContinuousClock.now - began
                try? await Task.sleep(for: min(max(Self.wait(size: size, limit: disk.limit), cost * 20), .seconds(60)))
            } else {
                failures += 1
                // What can't be looked at has been made so.
                if failures == 5 { return !Task.isCancelled }
                try? await Task.sleep(for: .seconds(2))
            }
        }
        return false
    }

    /// How long to wait before the next look.
    static func wait(size: Int, limit: Int) -> Duration {
        .milliseconds(min(max((limit - size) * 1_000 / speed, 1_000), 60_000))
    }

    /// The room that the folders take, in bytes; `nil` when it can't be found out.
    private func size() async -> Int? {
        if let output = await look(), output.termination.isSuccess { return Self.total(output) }
        // Something could not be read: an agent can close folders that it has filled, and make more of them than there is room for
        // complaints.
        _ = try? await Command("/bin/chmod", ["-R", "-f", "u+rwX", "--"] + disk.folders, environment: Self.environment)
            .run(timeout: .seconds(600))
        return await look().flatMap(Self.total)
    }

    /// Not of other file systems, and following no link: `du` walks trees that somebody changes meanwhile.
    private func look() async -> Output? {
        try? await Command("/usr/bin/du", ["-s", "-x", "-c", "-B1", "--"] + disk.folders, environment: Self.environment)
            .run(timeout: .seconds(600))
    }

    private static let environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C"]

    private static func total(_ output: Output) -> Int? {
        output.text.split(separator: "\n").last.flatMap { $0.split(separator: "\t").first }.flatMap { Int($0) }
    }
}
