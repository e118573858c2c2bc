import Accounts
import AgentProtocol
import Foundation
import Processes

extension LocalHost {
    /// The paths in SAM's home as it is now.
    public func places(of session: SessionID, in project: ProjectID) -> ResultPlaces {
        ResultPlaces(mirror: home.mirror(project), lostWork: home.lostWork(session))
    }

    /// The refs of sessions' work in a project's mirror: branches by their names, other work by its whole ref.
    ///
    /// - Throws: ``WorkspaceError``.
    public func work(in project: ProjectID) async throws -> [SessionID: [String]] {
        let mirror = mirror(of: project)
        return FileManager.default.fileExists(atPath: mirror.path) ? try await mirror.work() : [:]
    }

    /// The files that a result changed.
    ///
    /// - Throws: ``WorkspaceError``.
    public func changes(in result: WorkspaceResult) async throws -> [FileChange] {
        try await diff(result).changes()
    }

    /// The result as a patch, in bytes as git prints it.
    ///
    /// - Throws: ``WorkspaceError``, also when the patch is too large.
    public func patch(of result: WorkspaceResult) async throws -> [UInt8] {
        try await diff(result).patch()
    }

    /// Reads a file that a result added or changed.
    ///
    /// - Parameters:
    ///   - path: relative to the repository.
    ///   - limit: the largest size that is read, in bytes.
    /// - Returns: `nil` when the result did not change the file, or it is larger.
    /// - Throws: ``WorkspaceError`` when there is no such file.
    public func file(_ path: String, changedBy result: WorkspaceResult, limit: Int) async throws -> String? {
        let mirror = home.mirror(result.project)
        let size = try await git.run(["cat-file", "-s", "\(result.commit):\(path)"], in: mirror, failing: .repository)
        guard let bytes = Int(size.text.trimmingCharacters(in: .whitespacesAndNewlines)), bytes <= limit else { return nil }
        guard try await changes(in: result).contains(where: { $0.path == path }) else { return nil }
        let output = try await git.run(["cat-file", "blob", "\(result.commit):\(path)"], in: mirror, failing: .repository)
        return output.text
    }

    /// Pushes a result's branch to the repository it came from, under the same name. For a local repository, none of its hooks run, and
    /// only its objects, refs and logs are written.
    ///
    /// - Throws: ``WorkspaceError`` with git's message.
    @discardableResult
    public func land(_ branch: String, of project: Project, limits: FetchLimits = FetchLimits()) async throws -> Landing {
        let location = try RepositoryLocation(project.repository)
        let mirror = mirror(of: project.id)
        // The user who lands waits for the answer, so the limit is lower.
        let limits = limits.capped(at: .seconds(600))
        let output = try await reaching(location, to: .write, sandbox: project.sandbox) { [git] access in
            do {
                return try await git.follow(
                    ["push", "--no-verify", "--progress"] + access.switches
                        + ["--", access.address, "refs/heads/\(branch):refs/heads/\(branch)"],
                    in: mirror.path, configuration: access.configuration, extra: access.extra, limits: limits, step: "pushing the branch",
                    failing: .repository, telling: { _ in })
            } catch let error as WorkspaceError where error.message.contains("refusing to update checked out branch") {
                throw WorkspaceError(
                    .repository,
                    "The branch \(branch) is checked out in \(access.name), where a person works, so it is left as it is. Take it there with: git pull '\(mirror.path)' \(branch)"
                )
            } catch let error as WorkspaceError {
                guard let cause = Landing.cause(ofRefusal: error.message, at: location) else { throw error }
                let sentence = cause.sentence(branch, in: access.name, mirror: mirror.path)
                throw WorkspaceError(.repository, "\(sentence) git says: \(error.message)")
            }
        }
        return Landing(
            repository: location.address, branch: branch, already: Landing.wasUpToDate(output.standardError))
    }

    /// Checks that a location is a repository, by reading its HEAD.
    ///
    /// - Parameter sandbox: the sandbox of its project.
    /// - Throws: ``WorkspaceError``.
    public func probe(_ location: RepositoryLocation, sandbox: Project.Sandbox = .bubblewrap) async throws {
        try await reaching(location, to: .read, sandbox: sandbox) { [git] access in
            _ = try await Mirror.probe(access, git: git, limits: .fixed(.seconds(60)))
        }
    }

    /// Resolves a location to the repository itself: a linked worktree resolves to the repository that it belongs to.
    ///
    /// - Throws: ``WorkspaceError`` when a local repository does not exist, or is not whole.
    public func resolve(_ location: RepositoryLocation) async throws -> ResolvedRepository {
        guard case .local(let path) = location else { return ResolvedRepository(location: location) }
        let found = try await aside { try LocalRepository(at: path) }
        return ResolvedRepository(location: try RepositoryLocation(found.path), note: found.note, worktree: found.worktree)
    }

    private func diff(_ result: WorkspaceResult) -> Diff {
        Diff(git: git, mirror: home.mirror(result.project), base: result.base, commit: result.commit)
    }
}
