import AgentProtocol
import Foundation
import Processes
import Wording

/// A session's working tree: its own index and files, over the mirror's objects.
///
/// Making it takes the time of writing the files, whatever the length of the history.
package struct Checkout: Sendable {
    let git: Git
    let mirror: Mirror
    let path: String
    /// `sam/<session>-<slug>`.
    let branch: String
    /// Wraps the command that writes the files, so that they get the owner that the agent sees: an index uses the owner, too, to tell
    /// whether a file was changed.
    let wrap: @Sendable (Command) -> Command
    /// The working tree as ``wrap`` sees it.
    let inside: String
    /// The most bytes that the files may take on the disk.
    let limit: Int

    /// Describes a checkout.
    package init(
        git: Git, mirror: Mirror, path: String, branch: String, limit: Int = .max, inside: String? = nil,
        wrap: @escaping @Sendable (Command) -> Command = { $0 }
    ) {
        self.wrap = wrap
        self.inside = inside ?? path
        self.git = git
        self.mirror = mirror
        self.path = path
        self.branch = branch
        self.limit = limit
    }

    /// Makes the working tree. This is the last time that SAM runs git in it: afterwards it belongs to the agent.
    ///
    /// - Parameters:
    ///   - base: the commit to start from, which the mirror keeps.
    ///   - given: the origin's refs for the workspace, in addition to its own branch.
    /// - Throws: ``WorkspaceError`` with code ``WorkspaceError/Code/checkout``, or ``WorkspaceError/Code/diskLimit`` when the files exceed
    ///   the limit.
    package func create(
        from base: Mirror.Base, given: GivenRefs, telling report: @escaping WorkspaceProgress.Report = { _ in }
    ) async throws {
        let step = "writing the files"
        report(WorkspaceProgress(step))
        // An earlier attempt may have stopped halfway. Its files take no room from this one.
        try? FileManager.default.removeItem(atPath: path)
        try await checkRoom(for: base.commit)
        try await git.run(["init", "--quiet", "--template=", "--initial-branch", branch, "--", path], failing: .checkout)
        do {
            try Data("\(mirror.path)/objects\n".utf8).write(to: URL(filePath: path + "/.git/objects/info/alternates"))
            let shallow = mirror.path + "/shallow"
            if FileManager.default.fileExists(atPath: shallow) {
                try FileManager.default.copyItem(atPath: shallow, toPath: path + "/.git/shallow")
            }
        } catch {
            throw WorkspaceError(.checkout, "The workspace \(path) can't be written: \(reason(of: error)).")
        }
        try given.write(into: path + "/.git", defaultBranch: base.branch)
        try await git.run(["update-ref", "refs/heads/\(branch)", base.commit], in: path, failing: .checkout)
        let command = git.command(
            ["-c", "checkout.workers=0", "read-tree", "-v", "--reset", "-u", "HEAD"], in: inside, extra: ["GIT_PROGRESS_DELAY": "1"])
        let reader = GitProgressReader(step, report)
        var output: Output
        do {
            output = try await write(wrap(command), telling: reader)
        } catch let error as ProcessError {
            throw WorkspaceError(.checkout, error.message)
        }
        output.standardError = reader.complaints
        guard output.termination.isSuccess else { throw WorkspaceError(.checkout, "git read-tree failed: \(output.complaint)") }
    }
}
