import Foundation
import Processes
import Synchronization

/// Measures how much disk space folders use: the closer to the limit, the more often.
///
/// Files that were removed but are still open are not counted; the kernel limits the size of a single file.
package struct DiskWatch: Sendable {
    /// What exceeds a limit.
    package enum Excess: Sendable, Hashable {
        /// The bytes, or the size can no longer be determined.
        case bytes
        /// The number of files and folders.
        case entries
    }

    /// What the folders use.
    struct Use: Sendable, Hashable {
        /// In bytes.
        var bytes: Int
        /// The number of files and folders.
        var entries: Int

        /// What exceeds a limit in bytes; `nil` if nothing does.
        func excess(over limit: Int) -> Excess? {
            if bytes > limit { return .bytes }
            return entries > DiskWatch.entries(in: limit) ? .entries : nil
        }
    }

    private let folders: [String]
    private let limit: Int
    private let repairsPermissions: Bool

    /// The space that each file and folder counts as at least, in bytes: an empty one takes no block of its own, but still metadata.
    package static let entrySize = 4 << 10

    /// The most files and folders within a limit in bytes.
    package static func entries(in limit: Int) -> Int { limit / entrySize }

    /// The write speed of a fast disk, in bytes per second. It bounds how far an agent can exceed its limit between two measurements.
    private static let speed = 256 << 20

    /// Creates a watch.
    ///
    /// - Parameters:
    ///   - folders: their paths on this machine.
    ///   - limit: the limit for all folders together, in bytes.
    ///   - repairsPermissions: whether folders that can't be read are made readable.
    package init(folders: [String], limit: Int, repairsPermissions: Bool = true) {
        self.folders = folders
        self.limit = limit
        self.repairsPermissions = repairsPermissions
    }

    /// Measures until the folders exceed the limit or the task is cancelled.
    ///
    /// - Returns: what exceeds the limit; `nil` if the task was cancelled.
    package func excess() async -> Excess? {
        var failures = 0
        while !Task.isCancelled {
            let began = ContinuousClock.now
            if let use = await use() {
                failures = 0
                if let excess = use.excess(over: limit) { return excess }
                // Measuring a large tree takes long, so the pause grows with it.
                let cost = ContinuousClock.now - began
                let size = max(use.bytes, use.entries * Self.entrySize)
                try? await Task.sleep(for: min(max(Self.wait(size: size, limit: limit), cost * 20), .seconds(60)))
            } else {
                failures += 1
                // Folders that repeatedly can't be measured were made unreadable, so they count as filled.
                if failures == 5 { return Task.isCancelled ? nil : .bytes }
                try? await Task.sleep(for: .seconds(2))
            }
        }
        return nil
    }

    /// The pause before the next measurement.
    static func wait(size: Int, limit: Int) -> Duration {
        .milliseconds(min(max(min(limit - size, 1 << 40) * 1_000 / speed, 1_000), 60_000))
    }

    /// What the folders use now; `nil` if it can't be determined.
    func use() async -> Use? {
        let found = await look()
        guard repairsPermissions, found?.isWhole != true else { return found?.use }
        // Some folder could not be read: an agent can remove its own permissions, and do so for more folders than the output has room for
        // errors.
        _ = try? await Command("/bin/chmod", ["-R", "-f", "u+rwX", "--"] + folders, environment: Self.environment)
            .run(timeout: .seconds(600))
        return await look()?.use
    }

    /// Runs `du` once over all files, on one file system, without following links: the agent may change the tree meanwhile.
    ///
    /// - Returns: what it counted, and whether it could read all of it.
    private func look() async -> (use: Use?, isWhole: Bool)? {
        let counted = Mutex(DiskListing())
        let command = Command("/usr/bin/du", ["-a", "-x", "-c", "-B1", "-0", "--"] + folders, environment: Self.environment)
        let output = try? await command.read(timeout: .seconds(600)) { piece in
            counted.withLock { $0.read(piece) }
            return true
        }
        guard let output else { return nil }
        return (counted.withLock { $0.use }, output.termination.isSuccess)
    }

    private static let environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C"]
}
