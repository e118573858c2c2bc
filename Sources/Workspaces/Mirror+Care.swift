import AgentProtocol
import Foundation
import Processes

// Keeps a mirror small without losing anything: each operation here can be killed at any time and repeated.
extension Mirror {
    /// The condition of a mirror.
    struct State: Sendable, Hashable {
        /// Loose objects, estimated from a sample.
        var loose = 0
        var packs = 0
        /// Whether it is known to have objects that nothing names.
        var hasGarbage = false

        /// Limits: git's own `gc.auto`, and fewer packs than its `gc.autoPackLimit`, because each fetch adds a pack.
        var isUntidy: Bool { loose > 6_700 || packs > 20 }
    }

    private var garbageMark: String { path + "/sam-garbage" }
    private var unprotectedMark: String { path + "/sam-unprotected" }

    var state: State {
        let objects = path + "/objects"
        let packs = Self.names(in: objects + "/pack").count { $0.hasSuffix(".pack") }
        // Counts one folder of 256, as git does: names are evenly distributed.
        let loose = Self.names(in: objects + "/17").count { $0.count == 38 } * 256
        return State(loose: loose, packs: packs, hasGarbage: FileEntry(garbageMark) != .missing)
    }

    /// Records that the mirror has objects that nothing names.
    func markGarbage() {
        // Without the mark they are removed a little later.
        _ = FileManager.default.createFile(atPath: garbageMark, contents: nil)
    }

    /// Whether any workspace uses its objects.
    func hasWorkspaces() async throws -> Bool {
        try await !git.run(["for-each-ref", "--count=1", "refs/sam/keep"], in: path, failing: .repository).standardOutput.isEmpty
    }

    /// Deletes keep refs of workspaces that do not exist: the process that removed one may have been killed before it deleted the ref.
    func release(unless isThere: (SessionID) -> Bool) async throws {
        let listed = try await git.run(["for-each-ref", "--format=%(refname)", "refs/sam/keep"], in: path, failing: .repository)
        for reference in listed.text.split(separator: "\n") {
            guard let name = reference.split(separator: "/").last, !isThere(SessionID(rawValue: String(name))) else { continue }
            try await git.run(["update-ref", "-d", String(reference)], in: path, failing: .repository)
        }
    }

    /// Adds refs for the commits that sessions name, and deletes those of removed sessions.
    ///
    /// - Parameter commits: by session. Commits that the mirror lacks are left out.
    func keep(_ commits: [SessionID: [String]]) async throws {
        let wanted = Set(commits.flatMap { session, commits in commits.map { "refs/sam/base/\(session.rawValue)/\($0)" } })
        let listed = try await git.run(["for-each-ref", "--format=%(refname)", "refs/sam/base"], in: path, failing: .repository)
        let standing = Set(listed.text.split(separator: "\n").map(String.init))
        let missing = wanted.subtracting(standing).sorted()
        var orders = standing.subtracting(wanted).sorted().map { "delete \($0)\n" }
        if !missing.isEmpty {
            let names = missing.compactMap { $0.split(separator: "/").last.map(String.init) }
            let found = try await git.run(
                ["cat-file", "--batch-check=%(objectname)"], in: path, input: names.joined(separator: "\n") + "\n", failing: .repository)
            let present = Set(found.text.split(separator: "\n").map(String.init))
            orders += zip(missing, names).compactMap { present.contains($1) ? "create \($0) \($1)\n" : nil }
        }
        guard !orders.isEmpty else { return }
        try await git.run(["update-ref", "--stdin"], in: path, input: orders.joined(), failing: .repository)
    }

    /// The refs of sessions' work: branches by their names, other work by its whole ref.
    func work() async throws -> [SessionID: [String]] {
        let listed = try await git.run(
            ["for-each-ref", "--format=%(refname)", "refs/heads/sam", "refs/sam/work"], in: path, failing: .repository)
        var work: [SessionID: [String]] = [:]
        for reference in listed.text.split(separator: "\n").map(String.init) {
            let branch = reference.hasPrefix("refs/heads/") ? String(reference.dropFirst("refs/heads/".count)) : nil
            // `sam/<session>-<slug>` or `refs/sam/work/<session>/…`.
            let place = branch?.dropFirst("sam/".count) ?? reference.dropFirst("refs/sam/work/".count)
            let session = SessionID(rawValue: String(place.prefix { $0 != "-" && $0 != "/" }))
            work[session, default: []].append(branch ?? reference)
        }
        return work
    }

    /// Deletes the refs of a session's work that a user removed for good.
    func forget(_ session: SessionID) async throws {
        let id = session.rawValue
        let listed = try await git.run(
            [
                "for-each-ref", "--format=delete %(refname)", "refs/sam/work/\(id)", "refs/sam/base/\(id)", "refs/heads/sam/\(id)",
                "refs/heads/sam/\(id)-*",
            ], in: path, failing: .repository)
        guard !listed.standardOutput.isEmpty else { return }
        try await git.run(["update-ref", "--stdin"], in: path, input: listed.text, failing: .repository)
        markGarbage()
    }

    /// Joins small packs and loose objects. Keeps every object, also those that nothing names.
    func join() async throws {
        try await unprotected {
            try await slowly(["repack", "-d", "--geometric=2", "--quiet"])
            try await slowly(["pack-refs", "--all"])
        }
    }

    /// Packs what refs reach, and removes the rest. Call only while no workspace uses its objects or is being made.
    func drop() async throws {
        try await unprotected {
            try await slowly(["pack-refs", "--all"])
            try await slowly(["repack", "-a", "-d", "--quiet"])
            try await slowly(["prune", "--expire=now"])
        }
        unlink(garbageMark)
    }

    /// Marks its objects as precious again, after a process was killed before it could.
    func protect() async throws {
        guard FileEntry(unprotectedMark) != .missing else { return }
        try await git.run(["config", "extensions.preciousObjects", "true"], in: path, failing: .repository)
        unlink(unprotectedMark)
    }

    /// Runs the body while objects are not marked precious: git removes nothing from a repository whose objects are.
    private func unprotected(_ body: () async throws -> Void) async throws {
        guard FileManager.default.createFile(atPath: unprotectedMark, contents: nil) else {
            throw WorkspaceError(.repository, "The mirror \(path) can't be written.")
        }
        try await git.run(["config", "extensions.preciousObjects", "false"], in: path, failing: .repository)
        var failure: (any Error)?
        do { try await body() } catch { failure = error }
        // In its own task, because a cancelled task can run no program, and this has to run.
        try await Task { try await protect() }.value
        if let failure { throw failure }
    }

    /// Runs git at low priority.
    private func slowly(_ arguments: [String]) async throws {
        let settings = [
            "-c", "pack.threads=1", "-c", "pack.windowMemory=256m", "-c", "core.bigFileThreshold=32m", "-c", "repack.writeBitmaps=false",
        ]
        let output = try await git.command(settings + arguments, in: path).slow.run(timeout: .seconds(7_200))
        guard output.termination.isSuccess else {
            throw WorkspaceError(.repository, "git \(arguments[0]) of the mirror \(path) failed: \(output.complaint)")
        }
    }

    static func names(in folder: String) -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] }
}
