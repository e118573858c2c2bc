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

    /// Pushes a result's branch to the repository it came from, under the same name. Nothing of a local repository's own is run for it,
    /// and none of its files but its objects, refs and logs are touched.
    ///
    /// - Throws: ``WorkspaceError`` with what git said.
    public func land(_ branch: String, of project: Project, limits: FetchLimits = FetchLimits()) async throws {
        let location = try RepositoryLocation(project.repository)
        let mirror = mirror(of: project.id)
        // The person who lands waits for the answer.
        let limits = FetchLimits(whole: min(limits.whole, .seconds(600)), stall: limits.stall)
        try await reaching(location, to: .write, sandbox: project.sandbox) { [git] access in
            do {
                try await git.follow(
                    ["push", "--no-verify", "--progress"] + access.switches
                        + ["--", access.address, "refs/heads/\(branch):refs/heads/\(branch)"],
                    in: mirror.path, configuration: access.configuration, extra: access.extra, limits: limits, step: "pushing the branch",
                    failing: .repository, telling: { _ in })
            } catch let error as WorkspaceError where error.message.contains("refusing to update checked out branch") {
                throw WorkspaceError(
                    .repository,
                    "The branch \(branch) is checked out in \(access.name), where a person works, so it is left as it is. Take it there with: git pull '\(mirror.path)' \(branch)"
                )
            }
        }
    }

    /// Asks a repository for its HEAD, to know that it is one.
    ///
    /// - Parameter sandbox: what its project is to have.
    /// - Throws: ``WorkspaceError``.
    public func probe(_ location: RepositoryLocation, sandbox: Project.Sandbox = .bubblewrap) async throws {
        try await reaching(location, to: .read, sandbox: sandbox) { [git] access in
            _ = try await Mirror.probe(access, git: git, limits: FetchLimits(whole: .seconds(60), stall: .seconds(60)))
        }
    }

    /// Where the repository is that a location names: of a linked worktree it is the one that it belongs to.
    ///
    /// - Returns: the location to keep, and what a person should know of it.
    /// - Throws: ``WorkspaceError`` when a local repository does not exist, or is not whole.
    public func resolve(_ location: RepositoryLocation) async throws -> (location: RepositoryLocation, note: String?) {
        guard case .local(let path) = location else { return (location, nil) }
        let found = try await aside { try LocalRepository(at: path) }
        return (try RepositoryLocation(found.path), found.note)
    }

    private func diff(_ result: WorkspaceResult) -> Diff {
        Diff(git: git, mirror: result.mirror, base: result.base, commit: result.commit)
    }
}
