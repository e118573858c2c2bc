import Foundation
import Logging
import Processes

/// What is no longer needed: out of the way at once, and removed when there is time for it. What is in it when SAM ends goes after the
/// next start.
actor Trash {
    private let folder: String
    private let logger: Logger
    private var emptying: Task<Void, Never>?
    /// What could not be removed since the start.
    private var stuck: Set<String> = []

    init(folder: String, logger: Logger) {
        self.folder = folder
        self.logger = logger
    }

    /// Takes a file or a folder.
    ///
    /// - Returns: whether nothing is at the path any more.
    func take(_ path: String) -> Bool {
        switch FileEntry(path) {
        case .missing: return true
        // A folder that its owner may not write can't be moved to another one.
        case .folder: chmod(path, 0o700)
        case .file, .link, .other: return unlink(path) == 0
        }
        guard rename(path, "\(folder)/\(UInt64.random(in: 0 ... .max))") == 0 else { return false }
        empty()
        return true
    }

    /// Begins to remove what is in it.
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

    /// Waits until it is empty, but for what could not be removed.
    func emptied() async { while let emptying { await emptying.value } }
}

/// Removing a tree that an agent may have shaped. Programs do it: they go from folder to folder by descriptor, so that no link leads
/// them astray, and they hold up no thread of ours.
struct Removal: Sendable {
    var path: String
    /// Whether it leaves the machine to everything else.
    var isSlow = false

    /// - Returns: whether nothing is left.
    func run() async -> Bool {
        let commands = [
            // Folders without permissions can't be emptied by their owner before this.
            Command("/bin/chmod", ["-R", "u+rwX", "--", path]), Command("/bin/rm", ["-rf", "--one-file-system", "--", path]),
        ]
        // A sandbox that was killed takes a moment to die, in which it can still write.
        for _ in 0..<5 {
            guard FileEntry(path) != .missing else { return true }
            for command in commands { _ = try? await (isSlow ? command.slow : command).run(timeout: .seconds(3_600)) }
            if FileEntry(path) != .missing { try? await Task.sleep(for: .milliseconds(100)) }
        }
        return FileEntry(path) == .missing
    }
}

extension Command {
    /// The same behind everything else that this machine does.
    var slow: Command {
        var command = self
        // Not the idle class: on a machine that is never idle it would get nothing, and the disk would fill.
        for (program, options) in [("ionice", ["-c", "2", "-n", "7"]), ("nice", ["-n", "15"])] {
            guard let found = Program.find(program) else { continue }
            command.arguments = options + [command.executable] + command.arguments
            command.executable = found
        }
        return command
    }
}
