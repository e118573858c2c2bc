import AgentProtocol
import Foundation
import Processes

@testable import Workspaces

extension LeftWork {
    /// What is wrong with a result, given what was there. Nothing, when all of it arrived.
    func complaints(about result: WorkspaceResult) async throws -> [String] {
        var complaints = try await named(result)
        if !result.remaining.isEmpty, !FileManager.default.fileExists(atPath: workspace.path) {
            complaints.append("What remains is in a workspace that is no more")
        }
        // What could not be brought out is named, and stands in the workspace.
        guard result.remaining.isEmpty else { return complaints }
        complaints += try await missingCommits(in: result)
        complaints += try await missingFiles(in: result)
        if result.isEmpty, !files.isEmpty || !commits.isEmpty { complaints += try await untouched() }
        return complaints
    }

    private var mirror: TestRepository { workspace.fixture.mirror }

    /// That a result's names are true, new, and each given once.
    private func named(_ result: WorkspaceResult) async throws -> [String] {
        var complaints: [String] = []
        let refs = result.others.map { "\($0.repository.rawValue) \($0.ref)" }
        let branches = result.others.compactMap(\.branch) + [result.branch].compactMap(\.self)
        if Set(refs).count < refs.count { complaints.append("A ref is named twice: \(refs)") }
        if Set(branches).count < branches.count { complaints.append("A branch is named twice: \(branches)") }
        var held: [String: [String: String]] = [:]
        for repository in Set(result.others.map { workspace.repository(of: $0).path } + [mirror.path]) {
            held[repository] = try await TestRepository(path: repository).refs("refs/")
        }
        if let branch = result.branch, held[mirror.path]?["refs/heads/" + branch] != result.commit {
            complaints.append("\(branch) is not at \(result.commit)")
        }
        let session = workspace.session.rawValue
        for other in result.others {
            if held[workspace.repository(of: other).path]?[other.ref] != other.commit {
                complaints.append("\(other.ref) is not at \(other.commit)")
            }
            if !other.ref.hasPrefix("refs/sam/work/\(session)/\(other.kind.rawValue)/") {
                complaints.append("A ref is called \(other.ref)")
            }
            if other.kind == .lost, other.repository == .project {
                complaints.append("\(other.kind.rawValue) \(other.name) is in the mirror")
            }
            if (other.kind == .heads) != (other.branch != nil) {
                complaints.append("\(other.ref) has the branch \(other.branch ?? "none")")
            }
            if let branch = other.branch {
                if held[mirror.path]?["refs/heads/" + branch] != other.commit { complaints.append("\(branch) is not at \(other.commit)") }
                if !branch.hasPrefix("sam/\(session)/") { complaints.append("A branch is called \(branch)") }
            }
        }
        let mine = (held[mirror.path] ?? [:]).keys.filter { $0.contains(session) && !$0.hasPrefix("refs/sam/keep/") }
        let known = Set(
            result.others.map(\.ref) + branches.map { "refs/heads/" + $0 })
        let unnamed = mine.filter { !known.contains($0) }
        if !unnamed.isEmpty { complaints.append("The mirror has what the result does not name: \(unnamed.sorted().prefix(5))") }
        let lost = result.others.filter { $0.kind == .lost }.map(\.commit)
        let shared = try await mirror.present(lost)
        if !shared.isEmpty { complaints.append("Lost commits are in the mirror, which sandboxes see: \(shared)") }
        let given = try await mirror.commits([workspace.base])
        for other in result.others where given.contains(other.commit) {
            complaints.append("\(other.kind.rawValue) \(other.name) is named and is not new")
        }
        return complaints
    }

    private func missingCommits(in result: WorkspaceResult) async throws -> [String] {
        var missing = commits
        for (repository, tips) in Dictionary(grouping: result.others, by: { workspace.repository(of: $0).path }) {
            let repository = TestRepository(path: repository)
            // A tag may name a tree or a blob.
            let input = tips.map { $0.commit + "^{commit}" }.joined(separator: "\n") + "\n"
            let text = try await repository.git(["cat-file", "--batch-check=%(objectname)"], input: input)
            let commits = text.split(separator: "\n").filter { !$0.contains(" ") }.map(String.init)
            missing.subtract(try await repository.commits(commits))
        }
        missing.subtract(try await mirror.commits([result.branch == nil ? workspace.base : result.commit]))
        return missing.sorted().map { "The commit \($0) did not arrive" }
    }

    private func missingFiles(in result: WorkspaceResult) async throws -> [String] {
        var missing = Set(files)
        var tips = [(mirror, workspace.base)] + (result.branch == nil ? [] : [(mirror, result.commit)])
        // A HEAD at a commit that the origin has is said.
        tips += result.notes.compactMap { note in
            note.wholeMatch(of: /.* is at ([0-9a-f]+), which the repository has already\./).map { (mirror, String($0.1)) }
        }
        tips += result.others.filter { [.heads, .nested, .refs].contains($0.kind) }.map { (workspace.repository(of: $0), $0.commit) }
        for (repository, commit) in tips where !missing.isEmpty {
            guard let tree = try? await repository.tree(commit) else { continue }
            missing = missing.filter { file in
                !file.names.contains { tree[$0] == TestRepository.Entry(mode: file.mode, object: file.object) }
            }
        }
        return missing.map { "The file \($0.names[0].debugDescription) (\($0.mode)) did not arrive" }.sorted()
    }

    /// That a workspace of which nothing is said is the base, file for file.
    private func untouched() async throws -> [String] {
        let base = try await mirror.tree(workspace.base).filter { $0.value.mode != "160000" }
        let here = files.map { file in (file.names, TestRepository.Entry(mode: file.mode, object: file.object)) }
        let isSame = here.allSatisfy { names, entry in names.contains { base[$0] == entry } }
        let missing = Set(base.keys).subtracting(here.map { $0.0[0] }).subtracting(sparse)
        return isSame && missing.isEmpty ? [] : ["It is said to have changed nothing, and did"]
    }
}
