import AgentProtocol
import Foundation
import Processes
import Wording

/// A session's working tree: an index and files of its own over the mirror's objects.
///
/// Making one takes the time of writing the files; it does not depend on the length of the history.
package struct Checkout: Sendable {
    let git: Git
    let mirror: Mirror
    let path: String
    /// `sam/<session>-<slug>`.
    let branch: String
    /// Writes the files as the agent will see them: an index tells by the owner, too, whether a file was changed.
    let wrap: @Sendable (Command) -> Command
    /// The working tree as ``wrap`` sees it.
    let inside: String

    /// Describes a checkout.
    package init(
        git: Git, mirror: Mirror, path: String, branch: String, inside: String? = nil,
        wrap: @escaping @Sendable (Command) -> Command = { $0 }
    ) {
        self.wrap = wrap
        self.inside = inside ?? path
        self.git = git
        self.mirror = mirror
        self.path = path
        self.branch = branch
    }

    /// Makes the working tree. SAM runs git in it here for the last time: afterwards it is the agent's.
    ///
    /// - Parameters:
    ///   - base: the commit to start from, which the mirror keeps.
    ///   - given: the refs of the origin that it has beside its own branch.
    /// - Throws: ``WorkspaceError`` with code ``WorkspaceError/Code/checkout``.
    package func create(
        from base: Mirror.Base, given: GivenRefs, telling report: @escaping WorkspaceProgress.Report = { _ in }
    ) async throws {
        let step = "writing the files"
        report(WorkspaceProgress(step))
        // An earlier try may have got halfway.
        try? FileManager.default.removeItem(atPath: path)
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
        let whole = Duration.seconds(900)
        var output: Output
        do { output = try await wrap(command).follow(timeout: whole, patience: whole) { reader.take($0) } } catch let error as ProcessError
        {
            throw WorkspaceError(.checkout, error.message)
        }
        output.standardError = reader.complaints
        guard output.termination.isSuccess else { throw WorkspaceError(.checkout, "git read-tree failed: \(output.complaint)") }
    }
}

/// The branch that will hold a session's result.
public enum ResultBranch {
    /// `sam/<session>-<slug>`, the slug made from the task's first words.
    public static func name(session: SessionID, task: String, fallback: String) -> String {
        let words = task.lowercased().split(whereSeparator: { !($0.isASCII && ($0.isLetter || $0.isNumber)) })
        var slug = ""
        for word in words where slug.count + word.count < 40 {
            slug += slug.isEmpty ? String(word) : "-" + word
        }
        return "sam/\(session.rawValue)-\(slug.isEmpty ? fallback : slug)"
    }
}
