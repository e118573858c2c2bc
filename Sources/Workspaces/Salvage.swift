import AgentProtocol
import Foundation
import Processes

/// Taking a session's work out of a tree that an agent could write.
///
/// Nothing of SAM's runs in that tree outside a sandbox. A fresh sandbox commits what is left over; then the
/// mirror fetches the one ref from a `git-upload-pack` that runs inside another, with every object checked.
/// A repository that the agent can write is never read directly: alternates and symlinked refs in it would
/// bring in other repositories' objects.
struct Salvage: Sendable {
    let git: Git
    let mirror: Mirror
    /// Wraps a command for the workspace: a sandbox, or (where the project has none) nothing.
    let wrap: @Sendable (Command) -> Command
    /// The workspace as commands see it.
    let workspace: String
    /// The runner program, which stands in for `git-upload-pack`.
    let runner: String
    /// A folder that only SAM writes.
    let folder: String

    /// Brings the one ref out. One at a time in each mirror.
    func bringOut(_ request: SalvageRequest) async throws -> WorkspaceResult {
        try await fetch(request)
        return try await describe(request)
    }

    // MARK: - Inside

    /// Commits what is left over.
    func commitLeftovers(_ request: SalvageRequest) async throws {
        // Locks of a git that was killed with its agent, and pipes that would keep ours waiting for ever.
        _ = try await inside(
            "/usr/bin/find", [".git", "(", "-name", "*.lock", "-type", "f", "-o", "-type", "p", "-o", "-type", "s", ")", "-delete"])
        try await insideGit(["add", "--all"])
        // A brief belongs to the result even where the repository ignores the folder.
        _ = try? await insideGit(["add", "--force", "--", ".sam/brief.md"])
        let staged = try await inside(git.program, Self.harmless + ["diff", "--cached", "--quiet", "--no-ext-diff"])
        guard staged.termination != .exited(0) else { return }
        try await insideGit(["commit", "--quiet", "--no-verify", "--message", "Work of session \(request.session.rawValue)"])
    }

    private static let harmless = [
        // Said outright, so that a core.worktree of the agent's does not make another folder the result.
        "--git-dir=.git", "--work-tree=.",
        "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "commit.gpgSign=false", "-c", "gc.auto=0",
    ]

    private func insideGit(_ arguments: [String]) async throws {
        let output = try await inside(git.program, Self.harmless + arguments)
        guard output.termination.isSuccess else {
            throw WorkspaceError(.salvage, "git \(arguments[0]) in the workspace failed: \(output.complaint)")
        }
    }

    private func inside(_ program: String, _ arguments: [String]) async throws -> Output {
        let command = Command(program, arguments, environment: Self.environment, workingDirectory: workspace)
        do {
            return try await wrap(command).run(limit: 1 << 20, timeout: .seconds(300))
        } catch let error as ProcessError {
            throw WorkspaceError(.salvage, error.message)
        }
    }

    private static let environment = AgentEnvironment.identity.merging(
        ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C", "GIT_CONFIG_GLOBAL": "/dev/null"],
        uniquingKeysWith: { $1 })

    // MARK: - Out

    private func fetch(_ request: SalvageRequest) async throws {
        let uploadPack = wrap(
            Command("/usr/bin/git", ["upload-pack", workspace], environment: Self.environment, workingDirectory: "/"))
        let file = folder + "/upload-pack.json"
        do {
            try JSONLine.encode(uploadPack).write(to: URL(filePath: file), options: .atomic)
        } catch {
            throw WorkspaceError(.salvage, "\(file) can't be written: \(error.localizedDescription)")
        }
        // git hands the value of --upload-pack to a shell, so it is a constant; what it names comes by environment.
        try await git.run(
            [
                "-c", "transfer.fsckObjects=true", "fetch", "--no-tags", "--no-write-fetch-head", "--no-auto-gc",
                "--no-recurse-submodules", "--quiet",
                "--upload-pack=\"$SAM_UPLOAD_PACK\" upload-pack", workspace,
                "+HEAD:refs/heads/\(request.branch)",
            ],
            in: mirror.path, extra: ["SAM_UPLOAD_PACK": runner, "SAM_UPLOAD_PACK_COMMAND": file],
            timeout: .seconds(300), failing: .salvage)
    }

    private func describe(_ request: SalvageRequest) async throws -> WorkspaceResult {
        let reference = "refs/heads/\(request.branch)"
        let commit = try await git.run(["rev-parse", "--verify", reference], in: mirror.path, failing: .salvage)
            .text.trimmingCharacters(in: .whitespacesAndNewlines)
        var result = WorkspaceResult(
            branch: request.branch, base: request.base, commit: commit, commits: 0, files: 0, insertions: 0, deletions: 0,
            mirror: mirror.path)
        guard commit != request.base else {
            try await git.run(["update-ref", "-d", reference], in: mirror.path, failing: .salvage)
            result.branch = nil
            return result
        }
        // Counting is for the eye. The work is safe by now, and a diff too large to count must not say otherwise.
        let count = try? await git.run(
            ["rev-list", "--count", "\(request.base)..\(commit)"], in: mirror.path, failing: .salvage)
        result.commits = Int(count?.text.trimmingCharacters(in: .whitespacesAndNewlines) ?? "") ?? 0
        let changes = try? await Diff(git: git, mirror: mirror.path, base: request.base, commit: commit).changes()
        for change in changes ?? [] {
            result.files += 1
            result.insertions += change.insertions ?? 0
            result.deletions += change.deletions ?? 0
        }
        return result
    }
}
