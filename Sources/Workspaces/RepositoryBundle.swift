import Foundation
import Processes
import Wording

/// The refs that SAM made in one of its bare repositories, with all objects they reach, as a git bundle file.
package struct RepositoryBundle: Sendable {
    let git: Git

    /// Creates a writer and reader of bundles that runs this git.
    package init(git: Git) {
        self.git = git
    }

    /// The contents of a bundle.
    package struct Contents: Sendable, Hashable {
        /// The repository.
        package var repository: String
        /// Commits that are included although no ref may name them: those that sessions started from.
        package var bases: [String]
        /// A commit to leave out with everything it reaches, because the reader has it.
        package var known: String?

        /// Creates contents.
        package init(repository: String, bases: [String] = [], known: String? = nil) {
            self.repository = repository
            self.bases = bases
            self.known = known
        }
    }

    /// The counts of a bundle.
    package struct Count: Sendable, Hashable {
        /// The refs in it.
        package var references: Int
        /// Refs and bases whose objects are missing from the repository.
        package var missing: Int
    }

    private static let patterns = ["refs/sam/", "refs/heads/sam/"]
    /// Where the bases are in a bundle, and in a repository that was made from it.
    private static let bases = "refs/sam/bases/"

    /// Writes a bundle. The repository itself is not changed: a snapshot of its refs is bundled from a temporary repository that borrows
    /// its objects.
    ///
    /// - Parameters:
    ///   - file: the bundle.
    ///   - scratch: a path at which nothing exists.
    /// - Returns: `nil` when there is nothing to bundle.
    /// - Throws: ``WorkspaceError``.
    package func write(_ contents: Contents, to file: String, scratch: String) async throws -> Count? {
        let listing = try await git.run(
            ["for-each-ref", "--format=%(objectname) %(refname)"] + Self.patterns, in: contents.repository, failing: .repository)
        var references = listing.text.split(separator: "\n").compactMap { line -> (object: String, name: String)? in
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            return parts.count == 2 ? (parts[0], parts[1]) : nil
        }
        let named = Set(references.map(\.name))
        references += Set(contents.bases).sorted().map { ($0, Self.bases + $0) }.filter { !named.contains($0.1) }
        guard !references.isEmpty else { return nil }
        let present = try await present(references.map(\.object), in: contents.repository)
        let whole = references.filter { present.contains($0.object) }
        guard !whole.isEmpty else { return nil }

        try await git.run(["init", "--bare", "--quiet", "--template=", "--", scratch], failing: .repository)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        try borrow(from: contents.repository, in: scratch)
        let commands = whole.map { "create \($0.name) \($0.object)\n" }.joined()
        try await git.run(["update-ref", "--stdin"], in: scratch, input: commands, failing: .repository)
        try await git.run(
            ["bundle", "create", "--quiet", file, "--all"] + (contents.known.map { ["--not", $0] } ?? []), in: scratch,
            timeout: .seconds(7_200), failing: .repository)
        return Count(references: whole.count, missing: references.count - whole.count)
    }

    /// Which of these objects a repository has.
    private func present(_ objects: [String], in repository: String) async throws -> Set<String> {
        let names = Set(objects).filter { $0.wholeMatch(of: /[0-9a-f]{40,64}/) != nil }.sorted().joined(separator: "\n")
        let answer = try await git.run(
            ["cat-file", "--batch-check=%(objectname) %(objecttype)"], in: repository, input: names + "\n", failing: .repository)
        return Set(
            answer.text.split(separator: "\n").compactMap { line in
                let parts = line.split(separator: " ")
                return parts.count == 2 && parts[1] != "missing" && parts[1] != "ambiguous" ? String(parts[0]) : nil
            })
    }

    private func borrow(from repository: String, in scratch: String) throws {
        do {
            try Data("\(repository)/objects\n".utf8).write(to: URL(filePath: scratch + "/objects/info/alternates"))
            if let shallow = Self.shallow(of: repository) { try Data(shallow.utf8).write(to: URL(filePath: scratch + "/shallow")) }
        } catch {
            throw WorkspaceError(.repository, "\(scratch) can't be written: \(reason(of: error))")
        }
    }

    /// The content of a repository's `shallow` file; `nil` when its history is complete.
    package static func shallow(of repository: String) -> String? {
        FileManager.default.contents(atPath: repository + "/shallow").map { String(decoding: $0, as: UTF8.self) }
    }

    /// Makes a project's mirror from a bundle.
    ///
    /// - Throws: ``WorkspaceError``.
    package func restoreMirror(_ file: String, shallow: String?, to path: String) async throws {
        try await Mirror(git: git, path: path).initialise()
        try await fetch(file, shallow, into: path)
    }

    /// Makes a repository for a session's lost work from a bundle.
    ///
    /// - Parameters:
    ///   - mirror: the mirror whose objects it borrows, at its present path.
    ///   - later: the path at which that mirror will be.
    /// - Throws: ``WorkspaceError``.
    package func restoreLostWork(_ file: String, shallow: String?, to path: String, borrowing mirror: String, later: String) async throws {
        try await git.run(["init", "--bare", "--quiet", "--template=", "--", path], failing: .repository)
        let alternates = URL(filePath: path + "/objects/info/alternates")
        do {
            try Data("\(mirror)/objects\n".utf8).write(to: alternates)
            try await fetch(file, shallow, into: path)
            try Data("\(later)/objects\n".utf8).write(to: alternates)
        } catch let error as WorkspaceError {
            throw error
        } catch {
            throw WorkspaceError(.repository, "\(path) can't be written: \(reason(of: error))")
        }
    }

    private func fetch(_ file: String, _ shallow: String?, into repository: String) async throws {
        if let shallow {
            do { try Data(shallow.utf8).write(to: URL(filePath: repository + "/shallow")) } catch {
                throw WorkspaceError(.repository, "\(repository) can't be written: \(reason(of: error))")
            }
        }
        try await git.run(
            ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--", file, "+refs/*:refs/*"], in: repository,
            timeout: .seconds(7_200), failing: .repository)
    }
}
