import Accounts
import AgentProtocol
import Foundation
import Gathering
import Processes
import Sandbox
import Wording

/// Takes a session's work out of a tree that an agent could write.
///
/// None of SAM's code runs in that tree outside a sandbox. A gatherer inside finds new work and writes it to a repository of its own; then
/// the mirror fetches that repository's refs from a `git-upload-pack` that runs inside another sandbox, with every object checked.
struct Salvage: Sendable {
    let git: Git
    let mirror: Mirror
    /// Wraps a command for the workspace: in a sandbox, or unchanged if the project has none.
    let wrap: @Sendable (Command) -> Command
    /// The path of the workspace inside the sandbox.
    let workspace: String
    /// The runner program, which gathers, and stands in for `git-upload-pack`.
    let runner: String
    let runnerInside: String
    /// A folder for the gatherer, which its sandbox can write.
    let folder: String
    let folderInside: String
    /// A folder that only SAM writes, for the command file that git runs on the host.
    let ownFolder: String
    let baseIndex: String
    let givenRefs: String
    let lostWork: String
    var report: WorkspaceProgress.Report = { _ in }

    /// The most characters that are kept of a text from the gatherer.
    private static let textLimit = 500

    // MARK: - Inside

    /// Runs the gatherer over the workspace.
    func gather(_ request: SalvageRequest, _ scope: GatherRequest.Scope) async throws -> GatherReport {
        report(WorkspaceProgress("looking for work in the workspace"))
        let known = try await git.run(
            ["for-each-ref", "--format=%(objectname)", "refs/remotes/origin", "refs/tags"], in: mirror.path, failing: .salvage)
        let shallow = FileManager.default.contents(atPath: mirror.path + "/shallow").map { String(decoding: $0, as: UTF8.self) } ?? ""
        let wish = GatherRequest(
            scope: scope, workspace: workspace, folder: folderInside, objects: mirror.path + "/objects", base: request.base,
            branch: request.branch, shallow: shallow.split(separator: "\n").map(String.init), leavesBehind: request.leavesBehind,
            alwaysWork: [".sam/brief.md"], message: "Work of session \(request.session.rawValue)", identity: AgentEnvironment.identity)
        do {
            let given = GivenRefs.remembered(in: givenRefs)
            let commits = Set(known.text.split(separator: "\n").map(String.init) + given + [request.base]).sorted()
            try Data(commits.joined(separator: "\n").utf8).write(to: URL(filePath: GatherRequest.known(in: folder)))
            try JSONLine.encode(wish).write(to: URL(filePath: folder + "/request.json"))
        } catch {
            throw WorkspaceError(.salvage, "\(folder) can't be written: \(reason(of: error)).")
        }
        if FileManager.default.fileExists(atPath: baseIndex) {
            let copy = try await Command("/bin/cp", ["-p", "--", baseIndex, GatherRequest.baseIndex(in: folder)]).run()
            guard copy.termination.isSuccess else { throw WorkspaceError(.salvage, "\(baseIndex) can't be copied: \(copy.complaint)") }
        }
        let output: Output
        do {
            output = try await wrap(
                Command(
                    runnerInside, ["gather", folderInside + "/request.json"], environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"],
                    workingDirectory: "/")
            ).run(limit: 8 << 20, timeout: .seconds(1_800))
        } catch let error as ProcessError {
            throw WorkspaceError(.salvage, error.message)
        }
        guard output.termination.isSuccess else {
            throw WorkspaceError(.salvage, "What the agent left can't be looked at: \(output.complaint)")
        }
        do { return try JSONLine.decode(from: Data(output.standardOutput)) } catch {
            throw WorkspaceError(.salvage, "What was found in the workspace can't be read: \(reason(of: error))")
        }
    }

    // MARK: - Out

    /// Fetches the gathered refs. Run one at a time in each mirror.
    ///
    /// - Parameter isLastTry: whether to fetch everything else when git's checks refuse the session's own work.
    /// - Returns: `nil` when they refuse it and this is not the last try.
    func bringOut(_ request: SalvageRequest, _ report: GatherReport, isLastTry: Bool) async throws -> WorkspaceResult? {
        let session = request.session.rawValue
        var result = WorkspaceResult(branch: nil, base: request.base, commit: request.base, project: request.project.id)
        result.notes = bounded(report.notes)
        result.remaining = bounded(report.remaining)
        result.ignored = report.ignored.prefix(100).map {
            IgnoredFiles(folder: $0.folder.cut(to: Self.textLimit), files: $0.files, areLeftBehind: $0.areLeftBehind)
        }
        if let main = report.main {
            do { try await bringOutMain(main, request, &result) } catch let error as WorkspaceError where Self.isRefusal(error) {
                guard isLastTry else { return nil }
                result.remaining.append("The session's own work can't be brought out: \(error.message.cut(to: 400))")
            }
        }
        let works = report.works.prefix(2 * (GatherReport.refLimit + GatherReport.joinLimit))
        // Fetching a shallow history into the mirror would make the mirror shallow.
        let isOwn = { (work: GatherReport.Work) in work.kind == .lost || work.isShallow }
        let pieces = pieces(works, session, isOwn)
        let kept = pieces.filter { $0.repository == .project }
        let lost = pieces.filter { $0.repository == .session }
        if !lost.isEmpty, !FileManager.default.fileExists(atPath: lostWork) { try await makeLostWork(request) }
        for group in [kept, lost] where !group.isEmpty { try await bringOut(group, &result) }
        try await dropHeldEarlier(&result)
        try await nameBranches(session, &result)
        return try await counted(result)
    }

    /// Whether git refused the objects or could not read them. A timeout, or a failure to run git, is no refusal.
    private static func isRefusal(_ error: WorkspaceError) -> Bool {
        error.message.hasPrefix("git fetch failed")
    }

    /// Fetches the session's branch. The commit that it named before stays reachable.
    private func bringOutMain(_ number: Int, _ request: SalvageRequest, _ result: inout WorkspaceResult) async throws {
        let branch = "refs/heads/\(request.branch)"
        let earlier = try await object(branch)
        try await fetch([number: branch], into: mirror.path)
        guard let commit = try await object(branch) else { throw WorkspaceError(.salvage, "\(branch) did not arrive.") }
        result.branch = request.branch
        result.commit = commit
        guard let earlier, try await !holds(commit, earlier) else { return }
        let reference = "refs/sam/work/\(request.session.rawValue)/refs/earlier-\(earlier.prefix(12))"
        try await git.run(["update-ref", reference, earlier], in: mirror.path, failing: .salvage)
        result.others.append(
            OtherWork(kind: .refs, name: Self.earlierResult, ref: reference, repository: .project, commit: earlier))
    }

    private static let earlierResult = "earlier result"

    /// Deletes the ref of an earlier result that another ref of this result contains.
    private func dropHeldEarlier(_ result: inout WorkspaceResult) async throws {
        guard let earlier = result.others.first(where: { $0.name == Self.earlierResult && $0.ref.contains("/refs/earlier-") }) else {
            return
        }
        let holding = try await git.run(
            ["for-each-ref", "--contains", earlier.commit, "--format=%(refname)", "refs/sam/work/"], in: mirror.path, failing: .salvage
        ).text.split(separator: "\n").map(String.init)
        let others = result.others.filter { $0.repository == .project && $0.ref != earlier.ref }.map(\.ref)
        guard !Set(others).isDisjoint(with: holding) else { return }
        try await git.run(["update-ref", "-d", earlier.ref], in: mirror.path, failing: .salvage)
        result.others.removeAll { $0.ref == earlier.ref }
    }

    /// Whether a commit contains an earlier one of the session: as an ancestor, or with the same tree on the same parent.
    private func holds(_ commit: String, _ earlier: String) async throws -> Bool {
        func isAncestor(_ other: String) async throws -> Bool {
            try await git.command(["merge-base", "--is-ancestor", other, commit], in: mirror.path).run(timeout: .seconds(120))
                .termination.isSuccess
        }
        if try await isAncestor(earlier) { return true }
        let trees = try await git.run(
            ["rev-parse", "\(earlier)^{tree}", "\(commit)^{tree}"], in: mirror.path, failing: .salvage
        ).text.split(separator: "\n")
        guard trees.count == 2, trees[0] == trees[1] else { return false }
        return try await isAncestor(earlier + "^")
    }

    /// The object that a ref of the mirror names; `nil` when the ref does not exist.
    private func object(_ reference: String) async throws -> String? {
        let output = try await git.run(
            ["for-each-ref", "--format=%(objectname)", reference], in: mirror.path, failing: .salvage)
        let text = output.text.trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? nil : text
    }

    private typealias Piece = (work: GatherReport.Work, reference: String, repository: OtherWork.Repository)

    /// Fetches all pieces at once; one by one when git refuses some.
    private func bringOut(_ pieces: [Piece], _ result: inout WorkspaceResult) async throws {
        let repository = pieces[0].repository
        let path = repository == .project ? mirror.path : lostWork
        var arrived = pieces
        do {
            try await fetch(Dictionary(pieces.map { ($0.work.number, $0.reference) }, uniquingKeysWith: { $1 }), into: path)
        } catch is WorkspaceError {
            arrived = []
            for piece in pieces {
                do {
                    try await fetch([piece.work.number: piece.reference], into: path)
                    arrived.append(piece)
                } catch let error as WorkspaceError {
                    result.remaining.append("\(piece.work.shown.cut(to: 200)) can't be brought out: \(error.message.cut(to: 300))")
                }
            }
        }
        for piece in arrived {
            let object = try await git.run(["rev-parse", "--verify", piece.reference], in: path, failing: .salvage)
            result.others.append(
                OtherWork(
                    kind: OtherWork.Kind(rawValue: piece.work.kind.rawValue) ?? .refs, name: piece.work.shown.cut(to: Self.textLimit),
                    ref: piece.reference, repository: repository, commit: object.text.trimmingCharacters(in: .whitespacesAndNewlines)))
        }
    }

    /// The ref and the repository for each piece. No two get the same ref.
    private func pieces(
        _ works: some Collection<GatherReport.Work>, _ session: String, _ isOwn: (GatherReport.Work) -> Bool
    ) -> [Piece] {
        var used: Set<String> = []
        return works.map { work in
            let encoded = WorkName.encoded(work.name, number: work.number)
            var reference = "refs/sam/work/\(session)/\(work.kind.rawValue)/\(encoded)"
            if !used.insert(reference).inserted { reference += "%n\(work.number)" }
            used.insert(reference)
            return (work, reference, isOwn(work) ? .session : .project)
        }
    }

    private func nameBranches(_ session: String, _ result: inout WorkspaceResult) async throws {
        var number = 0
        for index in result.others.indices where result.others[index].kind == .heads && result.others[index].repository == .project {
            let type = try await git.run(["cat-file", "-t", result.others[index].commit], in: mirror.path, failing: .salvage).text
            guard type.hasPrefix("commit") else { continue }
            number += 1
            let branch = "sam/\(session)/\(number)-\(WorkName.readable(result.others[index].name))"
            try await git.run(["update-ref", "refs/heads/\(branch)", result.others[index].commit], in: mirror.path, failing: .salvage)
            result.others[index].branch = branch
        }
    }

    private func makeLostWork(_ request: SalvageRequest) async throws {
        try await git.run(["init", "--bare", "--quiet", "--template=", "--", lostWork], failing: .salvage)
        do {
            try Data("\(mirror.path)/objects\n".utf8).write(to: URL(filePath: lostWork + "/objects/info/alternates"))
        } catch {
            throw WorkspaceError(.salvage, "\(lostWork) can't be written: \(reason(of: error)).")
        }
        // With this ref a fetch asks for new objects only.
        try await git.run(["update-ref", "refs/sam/base", request.base], in: lostWork, failing: .salvage)
    }

    private func fetch(_ references: [Int: String], into repository: String) async throws {
        let source = GatherRequest.repository(in: folderInside)
        let uploadPack = wrap(
            Command(
                "/usr/bin/git", ["upload-pack", source],
                environment: ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C", "GIT_CONFIG_GLOBAL": "/dev/null"],
                workingDirectory: "/"))
        let file = ownFolder + "/upload-pack.json"
        do {
            try JSONLine.encode(uploadPack).write(to: URL(filePath: file), options: .atomic)
        } catch {
            throw WorkspaceError(.salvage, "\(file) can't be written: \(reason(of: error)).")
        }
        // git passes the value of --upload-pack to a shell, so it is a constant; the paths come through the environment.
        let arguments =
            [
                "-c", "transfer.fsckObjects=true", "fetch", "--no-tags", "--no-write-fetch-head", "--no-auto-gc",
                "--no-recurse-submodules", "--progress",
            ] + (repository == mirror.path ? [] : ["--update-shallow"]) + [
                "--upload-pack=\"$SAM_UPLOAD_PACK\" upload-pack", source,
            ] + references.sorted { $0.key < $1.key }.map { "+\(GatherReport.reference($0.key)):\($0.value)" }
        do {
            try await git.follow(
                arguments, in: repository, extra: ["SAM_UPLOAD_PACK": runner, "SAM_UPLOAD_PACK_COMMAND": file],
                limits: .fixed(.seconds(600)), step: "bringing the work out", failing: .salvage,
                telling: report)
        } catch {
            // A refused fetch may have left some objects.
            if repository == mirror.path { mirror.markGarbage() }
            throw error
        }
    }

    private func bounded(_ sentences: [String]) -> [String] { sentences.prefix(100).map { $0.cut(to: Self.textLimit) } }

    /// Adds counts to a result. The work is safe already: a diff too large to be counted is ignored.
    private func counted(_ result: WorkspaceResult) async throws -> WorkspaceResult {
        guard result.branch != nil else { return result }
        var result = result
        let count = try? await git.run(
            ["rev-list", "--count", "\(result.base)..\(result.commit)"], in: mirror.path, failing: .salvage)
        result.commits = Int(count?.text.trimmingCharacters(in: .whitespacesAndNewlines) ?? "") ?? 0
        let changes = try? await Diff(git: git, mirror: mirror.path, base: result.base, commit: result.commit).changes()
        for change in changes ?? [] {
            result.files += 1
            result.insertions += change.insertions ?? 0
            result.deletions += change.deletions ?? 0
        }
        return result
    }
}
