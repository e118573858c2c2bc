import AgentProtocol
import Foundation
import Processes
import Wording

/// Uncommitted changes of a user, as a commit on top of one that the repository has.
public struct CarriedChanges: Sendable, Hashable {
    /// The maximum size of the pack, in bytes.
    public static let sizeLimit = 16 << 20

    /// The commit's id.
    public let commit: String
    /// A git pack of the objects that the repository lacks.
    public let pack: Data

    /// Creates the changes.
    ///
    /// - Throws: ``WorkspaceError`` when the pack is too large, or the arguments are not a commit id and a pack.
    public init(commit: String, pack: Data) throws(WorkspaceError) {
        guard commit.wholeMatch(of: /[0-9a-f]{40}/) != nil, pack.starts(with: "PACK".utf8) else {
            throw WorkspaceError(.repository, "The changes are no commit with its pack.")
        }
        guard pack.count <= Self.sizeLimit else {
            throw WorkspaceError(
                .tooLarge,
                "The changes take more than \(Self.sizeLimit >> 20) MiB. Commit them on a branch instead, or leave the large files out.")
        }
        self.commit = commit
        self.pack = pack
    }
}

extension LocalHost {
    /// Stores the changes in the session's folder, from which ``prepare(_:)`` reads them.
    ///
    /// - Throws: ``WorkspaceError`` when the file can't be written.
    public func keep(_ changes: CarriedChanges, of session: SessionID) async throws {
        let file = home.carriedChanges(session)
        do {
            try FileManager.default.createDirectory(
                atPath: home.session(session), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try changes.pack.write(to: URL(filePath: file), options: .atomic)
        } catch {
            throw WorkspaceError(.checkout, "\(file) can't be written: \(reason(of: error))")
        }
    }

    /// Adds a session's changes to the mirror, with every object checked.
    ///
    /// - Returns: a note for people; `nil` for a session without changes.
    /// - Throws: ``WorkspaceError``.
    func takeIn(_ commit: String, of session: SessionID, into mirror: Mirror) async throws -> String? {
        guard let pack = FileManager.default.contents(atPath: home.carriedChanges(session)) else { return nil }
        let output = try await git.command(["index-pack", "--stdin", "--fix-thin", "--strict"], in: mirror.path)
            .run(input: [UInt8](pack), timeout: .seconds(300))
        guard output.termination.isSuccess else {
            throw WorkspaceError(
                .checkout,
                "The changes that were not committed are refused by git's checks, or are based on a commit that is gone: \(output.complaint)"
            )
        }
        // A pack may have commits without all their objects.
        try await git.run(["rev-list", "--objects", "--quiet", commit, "--not", "--all"], in: mirror.path, failing: .checkout)
        let files = try await git.run(["diff-tree", "-r", "-z", "--name-only", "\(commit)^", commit], in: mirror.path, failing: .checkout)
        let count = files.standardOutput.count { $0 == 0 }
        return
            "It starts from what was not committed, \(count) file\(count == 1 ? "" : "s"), as a separate commit. The branch is based on it: landing brings it, too."
    }
}
