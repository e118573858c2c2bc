import Accounts
import Foundation
import Processes

extension LocalHost {
    /// The files that a result changed.
    ///
    /// - Throws: ``WorkspaceError``.
    public func changes(in result: WorkspaceResult) async throws -> [FileChange] {
        try await diff(result).changes()
    }

    /// The result as a patch, in bytes as git prints it.
    ///
    /// - Throws: ``WorkspaceError``, also when it is too large to be given whole.
    public func patch(of result: WorkspaceResult) async throws -> [UInt8] {
        try await diff(result).patch()
    }

    /// A file that a result brought or changed.
    ///
    /// - Parameters:
    ///   - path: relative, in the repository.
    ///   - limit: the size above which it is not read, in bytes.
    /// - Returns: `nil` when the result left it as it was, or it is larger.
    /// - Throws: ``WorkspaceError`` when there is no such file.
    public func file(_ path: String, changedBy result: WorkspaceResult, limit: Int) async throws -> String? {
        let size = try await git.run(["cat-file", "-s", "\(result.commit):\(path)"], in: result.mirror, failing: .repository)
        guard let bytes = Int(size.text.trimmingCharacters(in: .whitespacesAndNewlines)), bytes <= limit else { return nil }
        guard try await changes(in: result).contains(where: { $0.path == path }) else { return nil }
        let output = try await git.run(["cat-file", "blob", "\(result.commit):\(path)"], in: result.mirror, failing: .repository)
        return output.text
    }

    /// Pushes a result's branch to the repository it came from, under the same name.
    ///
    /// - Throws: ``WorkspaceError`` with what git said.
    public func land(_ branch: String, of project: Project) async throws {
        let location = try RepositoryLocation(project.repository)
        var arguments = ["push", "--quiet", "--no-verify"]
        if case .local = location {
            // The repository's own hooks belong to whoever wrote it, not to whoever lands a branch in it.
            arguments.append(
                "--receive-pack=git -c safe.directory=* -c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.alternateRefsCommand=true receive-pack"
            )
        }
        try await git.run(
            arguments + ["--", location.address, "refs/heads/\(branch):refs/heads/\(branch)"],
            in: mirror(of: project.id).path, configuration: .users,
            timeout: .seconds(600), failing: .repository)
    }

    /// Asks a repository for its HEAD, to know that it is one.
    ///
    /// - Throws: ``WorkspaceError``.
    public func probe(_ location: RepositoryLocation) async throws {
        _ = try await Mirror.probe(location, git: git)
    }

    private func diff(_ result: WorkspaceResult) -> Diff {
        Diff(git: git, mirror: result.mirror, base: result.base, commit: result.commit)
    }
}
