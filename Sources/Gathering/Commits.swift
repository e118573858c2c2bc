import Foundation

/// Finds new commits, and those that no ref reaches.
struct Commits {
    let git: GatherGit
    /// The content of a file of what the origin has: `^` and a commit on each line.
    let known: [UInt8]

    /// The types of objects; missing objects are left out.
    func types(of objects: Set<String>) async throws -> [String: String] {
        guard !objects.isEmpty else { return [:] }
        let output = try await git.run(["cat-file", "--batch-check=%(objectname) %(objecttype)"], input: Self.lines(objects.sorted()))
        var types: [String: String] = [:]
        for line in String(decoding: output, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[1] != "missing" { types[String(words[0])] = String(words[1]) }
        }
        return types
    }

    /// Whether an object exists and is a commit.
    func isCommit(_ object: String) async throws -> Bool { try await types(of: [object])[object] == "commit" }

    /// The commits that the tips reach and the origin lacks.
    ///
    /// - Throws: ``GatherError`` when a history has holes.
    func new(from tips: [String], besides excluded: [String] = []) async throws -> Set<String> {
        guard !tips.isEmpty else { return [] }
        let output = try await git.run(["rev-list", "--stdin"], input: Self.lines(tips) + Self.lines(excluded.map { "^" + $0 }) + known)
        return Set(String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init))
    }

    /// Every commit that an object reaches and the origin lacks.
    func reached(from object: String) async throws -> Set<String> {
        let peeled = try await git.run(["cat-file", "--batch-check=%(objecttype)"], input: Array("\(object)^{}\n".utf8))
        guard peeled.starts(with: "commit".utf8) else { return [] }
        return try await new(from: [object])
    }

    /// The commits among the given ones that lack a parent: a shallow clone's history ends there.
    func withoutParents(among commits: Set<String>) async throws -> Set<String> {
        var parents: [String: [String]] = [:]
        for commit in commits.sorted().prefix(1_000) where try await isCommit(commit) {
            let content = String(decoding: try await git.run(["cat-file", "commit", commit]), as: UTF8.self)
            parents[commit] = content.split(separator: "\n").prefix { !$0.hasPrefix("author ") }.filter { $0.hasPrefix("parent ") }
                .map { String($0.dropFirst("parent ".count)) }.filter(Repository.isObject)
        }
        let present = try await types(of: Set(parents.values.joined()))
        return Set(parents.filter { $0.value.contains { present[$0] == nil } }.keys)
    }

    /// The commits among the given ones that nothing excluded reaches and that are no parent of another.
    ///
    /// - Throws: ``GatherError`` when a history has holes.
    func tips(of commits: [String], besides excluded: [String]) async throws -> [String] {
        guard !commits.isEmpty else { return [] }
        let output = try await git.run(
            ["rev-list", "--parents", "--topo-order", "--stdin"], input: Self.lines(commits) + Self.lines(excluded.map { "^" + $0 }) + known
        )
        var found: [String] = []
        var parents: Set<String> = []
        for line in String(decoding: output, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            found.append(words[0])
            parents.formUnion(words.dropFirst())
        }
        return found.filter { !parents.contains($0) }
    }

    /// Every commit in a store itself, without those that it borrows.
    ///
    /// - Parameter scratch: a folder for a repository over that store alone, which need not exist.
    static func stored(in objects: String, scratch: String, identity: [String: String]) async throws -> [String] {
        let git = try await GatherGit.create(scratch, identity: identity, borrowing: [], shallow: [])
        let files = FileManager.default
        try files.removeItem(atPath: scratch + "/objects/pack")
        for entry in try files.contentsOfDirectory(atPath: objects) where entry == "pack" || entry.utf8.count == 2 {
            try files.createSymbolicLink(atPath: "\(scratch)/objects/\(entry)", withDestinationPath: "\(objects)/\(entry)")
        }
        let output = try await git.run(
            ["cat-file", "--batch-all-objects", "--unordered", "--buffer", "--batch-check=%(objecttype) %(objectname)"],
            isStrict: true)
        let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
        if let damaged = lines.first(where: { $0.hasSuffix(" missing") }) { throw GatherError("An object is damaged: \(damaged)") }
        return lines.filter { $0.hasPrefix("commit ") }.map { String($0.dropFirst(7)) }
    }

    private static func lines(_ words: [String]) -> [UInt8] { Array(words.map { $0 + "\n" }.joined().utf8) }
}
