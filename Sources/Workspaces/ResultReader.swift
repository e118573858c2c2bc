import Accounts
import AgentProtocol

/// Reads the results of sessions. No call reads a workspace: results are in the project's mirror, which no agent can write.
public protocol ResultReader: Sendable {
    /// The repositories with a session's work as they are now, for people who fetch from them.
    func places(of session: SessionID, in project: ProjectID) -> ResultPlaces

    /// The refs of sessions' work in a project's mirror: branches by their names, other work by its whole ref.
    ///
    /// - Throws: ``WorkspaceError``.
    func work(in project: ProjectID) async throws -> [SessionID: [String]]

    /// The files that a result changed.
    ///
    /// - Throws: ``WorkspaceError``.
    func changes(in result: WorkspaceResult) async throws -> [FileChange]

    /// The result as a patch, in bytes as git prints it.
    ///
    /// - Throws: ``WorkspaceError``, also when the patch is too large.
    func patch(of result: WorkspaceResult) async throws -> [UInt8]

    /// Reads a file that a result added or changed.
    ///
    /// - Parameters:
    ///   - path: relative to the repository.
    ///   - limit: the largest size that is read, in bytes.
    /// - Returns: `nil` when the result did not change the file, or it is larger.
    /// - Throws: ``WorkspaceError`` when there is no such file.
    func file(_ path: String, changedBy result: WorkspaceResult, limit: Int) async throws -> String?
}
