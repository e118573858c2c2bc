import Foundation

/// Finds everything that an agent left in a workspace and writes it to refs that can be fetched.
///
/// It runs in a sandbox over the workspace, after the agent's end, and changes nothing there but permissions. Files become commits on top;
/// the agent's own commits stay as they are.
public struct Gatherer {
    private let request: GatherRequest
    private var report = GatherReport()
    private var git: GatherGit
    private var references: [String] = []

    /// Looks for work and tells what there is.
    ///
    /// - Throws: ``GatherError`` when nothing can be brought out.
    public static func gather(_ request: GatherRequest) async throws -> GatherReport {
        let walk = TreeWalk(request.workspace)
        let main = Repository(at: request.workspace)
        let nested = walk.repositories.compactMap { $0.text.flatMap { Repository(at: request.workspace + "/" + $0) } }
        let modules = (main?.modules ?? []).compactMap { Repository(directory: $0) }
        var stores: [String] = []
        for repository in [main].compactMap(\.self) + modules + nested where !stores.contains(repository.objects) && stores.count < 500 {
            if Repository.isFolder(repository.objects) { stores.append(repository.objects) }
        }
        let git = try await GatherGit.create(
            GatherRequest.repository(in: request.folder), identity: request.identity, borrowing: stores + [request.objects],
            shallow: request.shallow)
        var gatherer = Gatherer(request: request, git: git)
        for path in walk.closed { gatherer.report.remaining.append("\(path.shown) can't be looked at.") }
        try await gatherer.gather(walk, main, modules, stores)
        return gatherer.report
    }

    private init(request: GatherRequest, git: GatherGit) {
        self.request = request
        self.git = git
    }

    private mutating func gather(_ walk: TreeWalk, _ main: Repository?, _ modules: [Repository], _ stores: [String]) async throws {
        let known = FileManager.default.contents(atPath: GatherRequest.known(in: request.folder)) ?? Data()
        let commits = Commits(
            git: git, known: Array(known.split(separator: UInt8(ascii: "\n")).flatMap { [UInt8(ascii: "^")] + $0 + [UInt8(ascii: "\n")] }))
        guard main != nil || walk.files.values.contains(where: { $0 > 0 }) else {
            report.notes.append("The workspace is empty, its repository too: there is nothing left to bring out.")
            return
        }
        let leftBehind = try leftBehindFile()
        let taker = SnapshotTaker(git: git, request: request, walk: walk, main: main, leftBehind: leftBehind)
        let head = try await head(of: main, commits)
        let snapshot = try await taker.take(
            .top, repository: main, head: head, base: request.base,
            index: GatherRequest.baseIndex(in: request.folder))
        report.notes += snapshot.notes
        report.remaining += snapshot.remaining
        count(snapshot, walk)
        if main == nil { report.notes.append("The workspace's repository is gone; its files are on a commit on top of where it started.") }

        var tips: [(kind: GatherReport.Kind, name: String, object: String)] = []
        let isUnborn = if case .unborn? = main?.head { request.scope.keepsHistory } else { false }
        let work = try await commit(snapshot.tree, on: head ?? (isUnborn ? nil : request.base)) ?? head
        var headBranch: String?
        if request.scope.keepsHistory, case .commit(_, let branch)? = main?.head { headBranch = branch }
        let own = main?.references.first { $0.name == "refs/heads/\(request.branch)" }?.object
        let newHead = try await isNew(work, commits)
        let chosen = newHead ? work : try await isNew(own, commits) ? own : nil
        if let chosen { try emitMain(chosen) }
        for reference in main?.references ?? [] where reference.name != "refs/stash" {
            if chosen == work, newHead, reference.name == headBranch { continue }
            if reference.object == chosen, reference.name == "refs/heads/\(request.branch)" { continue }
            tips.append(Self.named(reference))
        }
        for (number, stash) in (main?.stashes ?? []).enumerated() { tips.append((.stash, "stash@{\(number)}", stash)) }
        if let main, main.stashes.isEmpty, let stash = main.references.first(where: { $0.name == "refs/stash" }) {
            tips.append((.stash, "stash@{0}", stash.object))
        }
        tips += try await nestedTips(snapshot, main, modules, commits)
        try await emit(tips, commits)
        // Not of repositories in ignored folders: package managers keep whole histories there.
        let searched = ([main].compactMap(\.self) + modules + snapshot.repositories.map(\.repository)).map(\.objects)
        try await emitLost(stores.filter(searched.contains), commits)
        try await writeReferences()
    }

    // MARK: - Parts

    private func head(of main: Repository?, _ commits: Commits) async throws -> String? {
        guard request.scope.keepsHistory, case .commit(let commit, _)? = main?.head else { return nil }
        return try await commits.types(of: [commit])[commit] == "commit" ? commit : nil
    }

    /// A commit with a tree, unless its parent has the same.
    private func commit(_ tree: String, on parent: String?) async throws -> String? {
        if let parent, try await git.line(["rev-parse", parent + "^{tree}"]) == tree { return nil }
        return try await git.line(["commit-tree", tree, "-m", request.message] + (parent.map { ["-p", $0] } ?? []))
    }

    private func isNew(_ commit: String?, _ commits: Commits) async throws -> Bool {
        guard let commit else { return false }
        do {
            return try await commits.new(from: [commit]).contains(commit)
        } catch is GatherError {
            // A history with holes can't be the origin's, which is whole.
            return try await commits.types(of: [commit])[commit] != nil
        }
    }

    private static func named(_ reference: Repository.Reference) -> (kind: GatherReport.Kind, name: String, object: String) {
        for (prefix, kind) in [("refs/heads/", GatherReport.Kind.heads), ("refs/tags/", .tags), ("refs/", .refs)]
        where reference.name.hasPrefix(prefix) {
            return (kind, String(reference.name.dropFirst(prefix.count)), reference.object)
        }
        return (.refs, reference.name, reference.object)
    }

    /// What the repositories in the workspace, its linked worktrees and its submodules hold.
    private func nestedTips(
        _ snapshot: Snapshot, _ main: Repository?, _ modules: [Repository], _ commits: Commits
    ) async throws -> [(kind: GatherReport.Kind, name: String, object: String)] {
        var tips: [(kind: GatherReport.Kind, name: String, object: String)] = []
        var seen = Set([main?.common].compactMap(\.self))
        for (folder, repository, tree) in snapshot.repositories {
            var head: String?
            if case .commit(let commit, _) = repository.head, try await commits.types(of: [commit])[commit] == "commit" { head = commit }
            if let tree, let top = try await commit(tree, on: head) ?? head { tips.append((.nested, folder.shown, top)) }
            if seen.insert(repository.common).inserted {
                for reference in repository.references {
                    tips.append((.nested, "\(folder.shown)/\(reference.name.dropFirst(5))", reference.object))
                }
            }
        }
        for module in modules where seen.insert(module.common).inserted {
            let name = URL(filePath: module.directory).lastPathComponent
            for reference in module.references { tips.append((.nested, "\(name)/\(reference.name.dropFirst(5))", reference.object)) }
        }
        for worktree in main?.worktrees ?? [] where worktree.tree == nil {
            if case .commit(let commit, _)? = Repository(directory: worktree.directory)?.head {
                tips.append((.nested, URL(filePath: worktree.directory).lastPathComponent, commit))
            }
        }
        for loose in snapshot.looseTrees {
            if let top = try await commit(loose.tree, on: nil) { tips.append((.nested, loose.folder.shown, top)) }
        }
        return tips
    }

    private func leftBehindFile() throws -> String? {
        guard !request.leavesBehind.isEmpty else { return nil }
        let file = request.folder + "/left-behind"
        try Data((request.leavesBehind.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: file))
        return file
    }

    // MARK: - Refs

    private mutating func emitMain(_ commit: String) throws {
        references.append(commit)
        report.main = references.count
    }

    /// Those of some tips that are new.
    private mutating func emit(_ tips: [(kind: GatherReport.Kind, name: String, object: String)], _ commits: Commits) async throws {
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
        for tip in tips {
            guard let type = types[tip.object] else {
                report.notes.append("\(tip.name) names an object that is not there.")
                continue
            }
            guard type == "commit" ? new.contains(tip.object) || broken.contains(tip.object) : !origin.contains(tip.object) else {
                continue
            }
            if broken.contains(tip.object) {
                report.remaining.append("The history of \(tip.name) has holes, so git does not take it.")
                continue
            }
            guard references.count < GatherReport.refLimit else {
                report.remaining.append("There are more than \(GatherReport.refLimit) new refs; \(tip.name) is one that was left.")
                continue
            }
            references.append(tip.object)
            report.works.append(GatherReport.Work(kind: tip.kind, name: tip.name, number: references.count))
        }
    }

    private mutating func emitLost(_ stores: [String], _ commits: Commits) async throws {
        var stored: [String] = []
        for (number, objects) in stores.enumerated() {
            do {
                stored += try await Commits.stored(in: objects, scratch: "\(request.folder)/scan-\(number).git", identity: request.identity)
            } catch {
                report.remaining.append("Not all objects of the workspace can be read: \(error)")
            }
        }
        do {
            for tip in try await commits.tips(of: stored, besides: references) {
                guard references.count < 2 * GatherReport.refLimit else {
                    report.remaining.append("There are more commits that no ref reaches than SAM brings out.")
                    break
                }
                references.append(tip)
                report.works.append(GatherReport.Work(kind: .lost, name: String(tip.prefix(12)), number: references.count))
            }
        } catch {
            report.remaining.append("Commits that no ref reaches can't be told apart: \(error)")
        }
    }

    private func writeReferences() async throws {
        let lines = references.enumerated().map { "create \(GatherReport.reference($0.offset + 1)) \($0.element)\n" }
        if !lines.isEmpty { try await git.run(["update-ref", "--stdin"], input: Array(lines.joined().utf8)) }
    }

    // MARK: - What stays behind

    private mutating func count(_ snapshot: Snapshot, _ walk: TreeWalk) {
        for (paths, areLeftBehind) in [(snapshot.ignored, false), (snapshot.keptByAgent, true)] {
            var folders: [String: Int] = [:]
            for path in paths {
                let folder = path.isFolderEntry ? path.withoutSlash : path.folder
                folders[folder.bytes.isEmpty ? "" : folder.shown, default: 0] += path.isFolderEntry ? walk.count(under: folder) : 1
            }
            let largest = folders.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(50)
            report.ignored += largest.map { GatherReport.Ignored(folder: $0.key, files: $0.value, areLeftBehind: areLeftBehind) }
        }
    }
}
