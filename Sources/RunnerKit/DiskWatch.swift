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
    private static let du = "/usr/bin/du"

    init(_ disk: RunnerConfiguration.Disk) {
        self.disk = disk
    }

    /// Looks until the agent is past its limit or the task is cancelled.
    ///
    /// - Returns: whether it is past it.
    func isFilled() async -> Bool {
        while !Task.isCancelled {
            let began = ContinuousClock.now
            guard let size = await size() else { return false }
            if size > disk.limit { return true }
            // A large tree takes its time to look at; it gets twenty times that in peace.
            let cost = ContinuousClock.now - began
            try? await Task.sleep(for: max(Self.wait(size: size, limit: disk.limit), cost * 20))
        }
        return false
    }

    /// How long to wait before the next look.
    static func wait(size: Int, limit: Int) -> Duration {
        .milliseconds(min(max((limit - size) * 1_000 / speed, 1_000), 60_000))
    }

    /// The room that the folders take, in bytes; `nil` when it can't be found out.
    private func size() async -> Int? {
        // Not of other file systems, and following no link: `du` walks trees that somebody changes meanwhile, and says what it could not read
        // on standard error only.
        let command = Command(
            Self.du, ["-s", "-x", "-c", "-B1", "--"] + disk.folders, environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C"])
        guard let output = try? await command.run(timeout: .seconds(600)) else { return nil }
        return output.text.split(separator: "\n").last.flatMap { $0.split(separator: "\t").first }.flatMap { Int($0) }
    }
}
