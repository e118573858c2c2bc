import Foundation
import Logging
import Processes

/// Removes files in the background: moves them out of the way at once and deletes them later. What is left when SAM ends is deleted after
/// the next start.
actor Trash {
    private let folder: String
    private let logger: Logger
    private var emptying: Task<Void, Never>?
    /// Entries that could not be removed since the start.
    private var stuck: Set<String> = []

    init(folder: String, logger: Logger) {
        self.folder = folder
        self.logger = logger
    }

    /// Takes a file or a folder: deletes a file, and moves a folder into the trash.
    ///
    /// - Returns: whether nothing is at the path any more.
    func take(_ path: String) -> Bool {
        switch FileEntry(path) {
        case .missing: return true
        // A folder that its owner can't write can't be moved to another folder.
        case .folder: chmod(path, 0o700)
        case .file, .link, .special, .other: return unlink(path) == 0
        }
        guard rename(path, "\(folder)/\(UInt64.random(in: 0 ... .max))") == 0 else { return false }
        empty()
        return true
    }

    /// Starts to delete the contents.
    func empty() {
        guard emptying == nil else { return }
        emptying = Task {
            while let name = Mirror.names(in: folder).first(where: { !stuck.contains($0) }) {
                if await !Removal(path: "\(folder)/\(name)", isSlow: true).run() {
                    stuck.insert(name)
                    logger.warning("\(folder)/\(name) could not be removed. It is tried again after the next start.")
                }
            }
            emptying = nil
        }
    }

    /// Waits until it is empty, except for entries that could not be removed.
    func emptied() async { while let emptying { await emptying.value } }
}

/// Removes a tree that an agent may have crafted. External programs do it: they walk folders by descriptor, so that no link misleads them,
/// and they block no thread of SAM's.
struct Removal: Sendable {
    var path: String
    /// Whether it runs at low priority.
    var isSlow = false

    /// - Returns: whether nothing is left.
    func run() async -> Bool {
        let commands = [
            // The owner can't empty folders without permissions before this.
            Command("/bin/chmod", ["-R", "u+rwX", "--", path]), Command("/bin/rm", ["-rf", "--one-file-system", "--", path]),
        ]
        // A killed sandbox takes a moment to end, and can still write until then.
        for _ in 0..<5 {
            guard FileEntry(path) != .missing else { return true }
            for command in commands { _ = try? await (isSlow ? command.slow : command).run(timeout: .seconds(3_600)) }
            if FileEntry(path) != .missing { try? await Task.sleep(for: .milliseconds(100)) }
        }
        return FileEntry(path) == .missing
    }
}

extension Command {
    /// The same command at low priority.
    var slow: Command {
        var command = self
        // Not the idle class: on a machine that is never idle it would never run, and the disk would fill.
        for (program, options) in [("ionice", ["-c", "2", "-n", "7"]), ("nice", ["-n", "15"])] {
            guard let found = Program.find(program) else { continue }
            command.arguments = options + [command.executable] + command.arguments
            command.executable = found
        }
        return command
    }
}
