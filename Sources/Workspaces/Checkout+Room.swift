import Foundation
import Processes
import Sandbox
import Synchronization
import Wording

extension Checkout {
    /// Checks that a commit's files fit into the session's limit and on the disk, before any is written: a pack of a few kB can hold files
    /// of many GiB.
    ///
    /// - Throws: ``WorkspaceError``, with code ``WorkspaceError/Code/diskLimit`` when the session's limit is exceeded.
    func checkRoom(for commit: String) async throws {
        // If the free space is unknown, writing fails by itself.
        let room = TreeSize.Room(limit: limit, free: DiskSpace.free(at: mirror.path) ?? .max)
        let counted = Mutex(TreeSize())
        let command = git.command(["ls-tree", "-r", "-t", "-z", "--full-tree", "--format=%(objectsize)", commit], in: mirror.path)
        let output: Output?
        do {
            output = try await command.read(timeout: .seconds(300)) { piece in
                counted.withLock { size in
                    size.read(piece)
                    return !size.isEnough(for: room)
                }
            }
        } catch let error as ProcessError {
            throw WorkspaceError(.checkout, error.message)
        }
        if let output, !output.termination.isSuccess { throw WorkspaceError(.checkout, "git ls-tree failed: \(output.complaint)") }
        let size = counted.withLock { $0 }
        if let refusal = size.refusal(of: commit, in: room, isWhole: output != nil) { throw refusal }
    }

    /// Runs the command that writes the files, and stops it when they exceed the limit: attributes like `ident` and
    /// `working-tree-encoding` make files many times larger than their blobs.
    ///
    /// - Throws: ``WorkspaceError``, `ProcessError`, or `CancellationError`.
    func write(_ command: Command, telling reader: GitProgressReader) async throws -> Output {
        let whole = Duration.seconds(900)
        return try await withThrowingTaskGroup(of: Output?.self) { group in
            group.addTask { try await command.follow(timeout: whole, stallTimeout: whole) { reader.take($0) } }
            group.addTask { [path, limit] in
                guard limit < .max else { return nil }
                // Most checkouts are over by then; after it the agent's own watch begins.
                try await Task.sleep(for: .seconds(1))
                guard await DiskWatch(folders: [path], limit: limit, repairsPermissions: false).excess() != nil else { return nil }
                throw WorkspaceError(
                    .diskLimit,
                    "The files took more than \(limit >> 20) MiB while they were written, the limit of sandbox.diskMebibytes. Attributes of a repository can make them larger than git stores them."
                )
            }
            defer { group.cancelAll() }
            while let output = try await group.next() { if let output { return output } }
            throw CancellationError()
        }
    }
}
