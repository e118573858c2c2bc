import AgentProtocol
import Foundation
import Processes

/// Changes that a person had not committed, as a commit on top of one that the repository has.
public struct CarriedChanges: Sendable, Hashable {
    /// The most that they may take packed, in bytes.
    public static let sizeLimit = 16 << 20

    public let commit: String
    /// What the repository lacks, as git packs it.
    public let pack: Data

    /// Takes changes.
    ///
    /// - Throws: ``WorkspaceError`` when they are too large, or are none.
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
    public func keep(_ changes: CarriedChanges, of session: SessionID) async throws {
        let file = home.carriedChanges(session)
        do {
            try FileManager.default.createDirectory(
                atPath: home.session(session), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try changes.pack.write(to: URL(filePath: file), options: .atomic)
        } catch {
            throw WorkspaceError(.checkout, "\(file) can't be written: \(error.localizedDescription)")
        }
    }

    /// Brings a session's changes into the mirror, with every object checked.
    ///
    /// - Returns: what a person should know of it; `nil` for a session without changes.
    /// - Throws: ``WorkspaceError``.
    func takeIn(_ commit: String, of session: SessionID, into mirror: Mirror) async throws -> String? {
        guard let pack = FileManager.default.contents(atPath: home.carriedChanges(session)) else { return nil }
        let output = try await git.command(["index-pack", "--stdin", "--fix-thin", "--strict"], in: mirror.path)
            .run(input: [UInt8](pack), timeout: .seconds(300))
        guard output.termination.isSuccess else {
            throw WorkspaceError(
                .checkout,
                "The changes that were not committed are refused by git's checks, or stand on a commit that is gone: \(output.complaint)")
        }
        // A pack may hold commits of which the rest is missing.
        try await git.run(["rev-list", "--objects", "--quiet", commit, "--not", "--all"], in: mirror.path, failing: .checkout)
        let files = try await git.run(["diff-tree", "-r", "-z", "--name-only", "\(commit)^", commit], in: mirror.path, failing: .checkout)
        let count = files.standardOutput.count { $0 == 0 }
        return
            "It starts from what was not committed, \(count) file\(count == 1 ? "" : "s"), as a commit of its own. The branch stands on it: landing brings it, too."
    }
}
