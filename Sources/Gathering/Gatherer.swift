import Foundation
import Wording

/// Finds all work that an agent left in a workspace and writes it to refs that can be fetched.
///
/// Runs in a sandbox over the workspace, after the agent's end, and changes only permissions there. Files become commits on top; the
/// agent's own commits stay as they are.
public struct Gatherer {
    private let request: GatherRequest
    private var report = GatherReport()
    private let git: GatherGit
    private let commits: Commits
    /// The commits at which the histories of shallow clones in the workspace end.
    private let shallowCommits: Set<String>
    private var references: [String] = []

    /// Gathers the work and reports it.
    ///
    /// - Throws: ``GatherError`` when nothing can be brought out.
    public static func gather(_ request: GatherRequest) async throws -> GatherReport {
        let walk = TreeWalk(request.workspace)
        let main = Repository(at: request.workspace, in: request.workspace)
        var repositories: [GitPath: Repository] = [:]
        for path in walk.repositories {
            repositories[path] = path.text.flatMap { Repository(at: request.workspace + "/" + $0, in: request.workspace) }
        }
        let modules = (main?.modules ?? []).compactMap { Repository(directory: $0, in: request.workspace) }
        let nested = walk.repositories.compactMap { repositories[$0] }
        var stores: [String] = []
        var seen: Set<String> = []
        for repository in [main].compactMap(\.self) + modules + nested where seen.insert(repository.objects).inserted {
            if Repository.isFolder(repository.objects) { stores.append(repository.objects) }
        }
        let beyond = stores.count - storeLimit
        stores = Array(stores.prefix(storeLimit))
        let git = try await GatherGit.create(
            GatherRequest.repository(in: request.folder), identity: request.identity, borrowing: stores + [request.objects],
            shallow: request.shallow)
        let commits = Commits(git: git, known: try known(request))
        let shallowCommits = try await commits.withoutParents(
            among: Set(([main].compactMap(\.self) + modules + nested).flatMap(\.shallow)).subtracting(request.shallow))
        try git.endHistories(at: Set(request.shallow).union(shallowCommits))
        var gatherer = Gatherer(request: request, git: git, commits: commits, shallowCommits: shallowCommits)
        if beyond > 0 {
            gatherer.report.remaining.append(
                "\(beyond.of("repository", "repositories")) beyond the first \(storeLimit) \(beyond == 1 ? "was" : "were") not looked into."
            )
        }
        for path in walk.closed { gatherer.report.remaining.append("This folder can't be looked at: \(path.shown)") }
        try await gatherer.gather(walk, main, repositories, modules, stores)
        return gatherer.report.bounded
    }

    /// git opens each store at every start, so their number is limited.
    private static let storeLimit = 500

    private static func known(_ request: GatherRequest) throws -> [UInt8] {
        guard let known = FileManager.default.contents(atPath: GatherRequest.known(in: request.folder)) else {
            throw GatherError("\(GatherRequest.known(in: request.folder)) can't be read.")
        }
        return Array(known.split(separator: UInt8(ascii: "\n")).flatMap { [UInt8(ascii: "^")] + $0 + [UInt8(ascii: "\n")] })
    }

    private init(request: GatherRequest, git: GatherGit, commits: Commits, shallowCommits: Set<String>) {
        self.request = request
        self.git = git
        self.commits = commits
        self.shallowCommits = shallowCommits
    }

    private mutating func gather(
        _ walk: TreeWalk, _ main: Repository?, _ repositories: [GitPath: Repository], _ modules: [Repository], _ stores: [String]
    ) async throws {
        guard main != nil || !walk.repositories.isEmpty || walk.files.values.contains(where: { $0 > 0 }) else {
            report.notes.append("The workspace is empty, its repository too: there is nothing left to bring out.")
            return
        }
        let leftBehind = try leftBehindFile()
        let taker = SnapshotTaker(
            git: git, commits: commits, request: request, walk: walk, main: main, repositories: repositories, leftBehind: leftBehind)
        let head = try await head(of: main)
        let snapshot = try await taker.snapshot(
            of: .top, repository: main, head: head, base: request.base,
            index: GatherRequest.baseIndex(in: request.folder))
        report.notes += snapshot.notes
        report.remaining += snapshot.remaining
        count(snapshot, walk)
        if let obstacle = main?.obstacle { report.remaining.append("The workspace's own history stays there: \(obstacle).") }
        if main == nil { report.notes.append("The workspace's repository is gone; its files are on a commit on top of where it started.") }

        let chosen = try await chooseMain(snapshot, main, head)
        var tips: [Tip] = []
        for reference in main?.references ?? [] where !reference.name.bytes.elementsEqual("refs/stash".utf8) {
            if let chosen, chosen.branch == reference.name, chosen.branchCommit == reference.object { continue }
            tips.append(Tip(reference))
        }
        for (number, stash) in (main?.stashes ?? []).enumerated() { tips.append(Tip(.stash, GitPath("stash@{\(number)}"), stash)) }
        if let main, main.stashes.isEmpty, let stash = main.references.first(where: { $0.name == GitPath("refs/stash") }) {
            tips.append(Tip(.stash, GitPath("stash@{0}"), stash.object))
        }
        if let staged = snapshot.staged, let tip = try await commit(staged, on: head ?? request.base) {
            tips.append(Tip(.refs, GitPath("staged"), tip))
            report.notes.append("What was only in the index is on a separate ref.")
        }
        tips += try await nestedTips(snapshot, main, modules, taker)
        try await emit(tips)
        // Stores in ignored folders are left out: package managers keep whole histories there.
        let searched = ([main].compactMap(\.self) + modules + snapshot.repositories.map(\.repository)).map(\.objects)
        try await emitLost(stores.filter(searched.contains))
        try await writeReferences()
    }

    // MARK: - Parts

    /// The source of the session's branch.
    private struct Chosen {
        /// The branch it comes from; `nil` for a detached HEAD.
        var branch: GitPath?
        /// The commit of that branch, which needs no second ref.
        var branchCommit: String
    }

    /// Chooses HEAD's work if it is new, otherwise that of the session's own branch.
    private mutating func chooseMain(_ snapshot: Snapshot, _ main: Repository?, _ head: String?) async throws -> Chosen? {
        let isUnborn = main?.head == .unborn && main?.obstacle == nil && request.scope.keepsHistory
        let top = try await commit(snapshot.tree, on: head ?? (isUnborn ? nil : request.base))
        if let work = top ?? head, try await isNew(work) {
            emitMain(work)
            guard head != nil, case .commit(let commit, let branch)? = main?.head else { return nil }
            return Chosen(branch: branch, branchCommit: commit)
        }
        if let head, head != request.base {
            report.notes.append(Self.known("HEAD", at: head))
        }
        let ownBranch = GitPath("refs/heads/\(request.branch)")
        guard let own = main?.references.first(where: { $0.name == ownBranch })?.object, try await isNew(own) else { return nil }
        emitMain(own)
        return Chosen(branch: ownBranch, branchCommit: own)
    }

    private static func known(_ what: String, at commit: String) -> String {
        "\(what) is at \(commit.prefix(12)), which the repository has already."
    }

    private func head(of main: Repository?) async throws -> String? {
        guard request.scope.keepsHistory, case .commit(let commit, _)? = main?.head else { return nil }
        return try await commits.isCommit(commit) ? commit : nil
    }

    /// Creates a commit with a tree, unless its parent has the same tree.
    private func commit(_ tree: String, on parent: String?) async throws -> String? {
        if let parent, try await git.line(["rev-parse", parent + "^{tree}"]) == tree { return nil }
        return try await git.line(["commit-tree", tree, "-m", request.message] + (parent.map { ["-p", $0] } ?? []))
    }

    private func isNew(_ commit: String) async throws -> Bool {
        do {
            return try await commits.new(from: [commit]).contains(commit)
        } catch is GatherError {
            // A history with holes can't be the origin's, which is complete.
            return try await commits.types(of: [commit])[commit] != nil
        }
    }

    /// The work in nested repositories, linked worktrees and submodules.
    private mutating func nestedTips(_ snapshot: Snapshot, _ main: Repository?, _ modules: [Repository], _ taker: SnapshotTaker)
        async throws -> [Tip]
    {
        var tips: [Tip] = []
        var seen = Set([main?.common].compactMap(\.self))
        for nested in snapshot.repositories {
            let (folder, repository, head) = (nested.folder, nested.repository, nested.head)
            let branch = repository.references.first { $0.object == head }
            if let changed = try await commit(nested.tree, on: head) {
                tips.append(Tip(.nested, folder, changed))
                report.notes.append("What was not committed in \(folder.shown) is on a separate ref.")
            } else if let head, try await !isNew(head) {
                if head != request.base { report.notes.append(Self.known(folder.shown, at: head)) }
            } else if let head, branch == nil {
                tips.append(Tip(.nested, folder, head))
                if repository.isLinkedWorktree { report.notes.append("The worktree \(folder.shown) comes as a separate ref.") }
            } else if repository.isLinkedWorktree {
                report.notes.append("The worktree \(folder.shown) comes as its branch.")
            }
            if let staged = nested.staged, let tip = try await commit(staged, on: head) {
                tips.append(Tip(.nested, folder.appending("staged".utf8), tip))
            }
            if seen.insert(repository.common).inserted { tips += repository.references.map { Tip(in: folder, $0) } }
        }
        for module in modules where seen.insert(module.common).inserted {
            let prefix = (main?.common ?? "") + "/modules/"
            let name = module.directory.hasPrefix(prefix) ? String(module.directory.dropFirst(prefix.count)) : module.directory
            tips += module.references.map { Tip(in: GitPath(name), $0) }
            if let obstacle = module.obstacle { report.remaining.append("The history of the submodule \(name) stays there: \(obstacle).") }
        }
        for worktree in main?.worktrees ?? [] where worktree.tree == nil {
            let repository = Repository(directory: worktree.directory, in: request.workspace)
            guard let repository, case .commit(let commit, let branch) = repository.head else { continue }
            let name = GitPath(URL(filePath: worktree.directory).lastPathComponent)
            if branch == nil { tips.append(Tip(.nested, name, commit)) }
            if let tip = try await staged(in: repository, at: commit, taker) {
                tips.append(Tip(.nested, name.appending("staged".utf8), tip))
            }
        }
        for loose in snapshot.looseTrees {
            if let top = try await commit(loose.tree, on: nil) { tips.append(Tip(.nested, loose.folder, top)) }
        }
        return tips
    }

    /// The staged work of a worktree whose folder is gone.
    private mutating func staged(in repository: Repository, at head: String, _ taker: SnapshotTaker) async throws -> String? {
        do {
            let tree = WorkingTree(git: git, root: request.workspace, index: repository.index, leftBehind: nil)
            let entries = try await tree.staged(in: repository.index, beside: head)
            let staged = try await taker.stagedTree(entries, on: head, besides: nil, in: request.workspace)
            return if let staged { try await commit(staged, on: head) } else { nil }
        } catch {
            report.notes.append("The index of a worktree that is gone can't be read.")
            return nil
        }
    }

    private func leftBehindFile() throws -> String? {
        guard !request.leavesBehind.isEmpty else { return nil }
        let file = request.folder + "/left-behind"
        try Data((request.leavesBehind.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: file))
        return file
    }

    // MARK: - Refs

    private mutating func emitMain(_ commit: String) {
        references.append(commit)
        report.main = references.count
    }

    private mutating func emit(_ kind: GatherReport.Kind, _ name: GitPath, _ object: String) async throws {
        references.append(object)
        let isShallow = shallowCommits.isEmpty ? false : try await !commits.reached(from: object).isDisjoint(with: shallowCommits)
        report.works.append(GatherReport.Work(kind: kind, name: name.bytes, number: references.count, isShallow: isShallow))
    }

    /// Emits the tips that are new.
    private mutating func emit(_ tips: [Tip]) async throws {
        let types = try await commits.types(of: Set(tips.map(\.object)))
        let origin = Set(String(decoding: commits.known, as: UTF8.self).split(separator: "\n").map { String($0.dropFirst()) })
        let heads = tips.map(\.object).filter { types[$0] == "commit" }
        var new: Set<String>
        var broken: Set<String> = []
        do { new = try await commits.new(from: heads) } catch is GatherError {
            new = []
            for head in Set(heads) {
                do { new.formUnion(try await commits.new(from: [head])) } catch is GatherError { broken.insert(head) }
            }
        }
        var wanted: [Tip] = []
        for tip in tips {
            guard let type = types[tip.object] else {
                report.remaining.append("\(tip.name.shown) names an object that is not there.")
                continue
            }
            if broken.contains(tip.object) {
                report.remaining.append("The history of \(tip.name.shown) has holes, so git does not take it.")
            } else if type == "commit" ? new.contains(tip.object) : !origin.contains(tip.object) {
                wanted.append(tip)
            }
        }
        for tip in wanted.prefix(GatherReport.refLimit) { try await emit(tip.kind, tip.name, tip.object) }
        let rest = Array(wanted.dropFirst(GatherReport.refLimit))
        guard !rest.isEmpty else { return }
        for (number, commit) in try await Joining(git: git).join(rest, types).enumerated() {
            try await emit(.joined, GitPath(String(number + 1)), commit)
        }
        report.notes.append(
            "\(rest.count.of("ref")) beyond the first \(GatherReport.refLimit) \(rest.count == 1 ? "is" : "are") joined in commits; the file names in each lists them."
        )
    }

    private mutating func emitLost(_ stores: [String]) async throws {
        var stored: [String] = []
        for (number, objects) in stores.enumerated() {
            do {
                stored += try await Commits.stored(in: objects, scratch: "\(request.folder)/scan-\(number).git", identity: request.identity)
            } catch {
                report.remaining.append("Not all objects of the workspace can be read: \(reason(of: error))")
            }
        }
        do {
            let tips = try await commits.tips(of: stored, besides: references).map { Tip(.lost, GitPath(String($0.prefix(12))), $0) }
            for tip in tips.prefix(GatherReport.refLimit) { try await emit(tip.kind, tip.name, tip.object) }
            let rest = Array(tips.dropFirst(GatherReport.refLimit))
            guard !rest.isEmpty else { return }
            let types = Dictionary(rest.map { ($0.object, "commit") }, uniquingKeysWith: { $1 })
            for (number, commit) in try await Joining(git: git).join(rest, types).enumerated() {
                try await emit(.lost, GitPath("joined-\(number + 1)"), commit)
            }
        } catch {
            report.remaining.append("Commits that no ref reaches can't be told apart: \(reason(of: error))")
        }
    }

    private func writeReferences() async throws {
        let lines = references.enumerated().map { "create \(GatherReport.reference($0.offset + 1)) \($0.element)\n" }
        if !lines.isEmpty { try await git.run(["update-ref", "--stdin"], input: Array(lines.joined().utf8)) }
    }

    // MARK: - Files that are not brought out

    private mutating func count(_ snapshot: Snapshot, _ walk: TreeWalk) {
        for (paths, areLeftBehind) in [(snapshot.ignored, false), (snapshot.keptByAgent, true)] {
            var folders: [String: Int] = [:]
            for path in paths {
                let folder = path.isFolderEntry ? path.withoutSlash : path.folder
                folders[folder.bytes.isEmpty ? "" : folder.shown, default: 0] += path.isFolderEntry ? walk.count(under: folder) : 1
            }
            let all = folders.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            let largest = all.prefix(50)
            if all.count > largest.count {
                let files = all.dropFirst(largest.count).reduce(0) { $0 + $1.value }
                report.notes.append(
                    "\(files.of("more ignored file stays", "more ignored files stay")) behind in \((all.count - largest.count).of("other folder"))."
                )
            }
            report.ignored += largest.map { GatherReport.Ignored(folder: $0.key, files: $0.value, areLeftBehind: areLeftBehind) }
        }
    }
}
