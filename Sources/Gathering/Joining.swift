/// Makes commits whose parents are the refs beyond the first ``GatherReport/refLimit``, so that none is lost and few are fetched.
struct Joining {
    let git: GatherGit

    /// The most parents of one commit.
    private static let width = 1_000

    /// Joins objects.
    ///
    /// - Parameter types: the type of each object.
    /// - Returns: at most ``GatherReport/joinLimit`` commits. The file `names` in each lists what it joins; trees and blobs are beside it,
    ///   and the content of tags is in `tags`.
    func join(_ tips: [Tip], _ types: [String: String]) async throws -> [String] {
        var commits: [String] = []
        for start in stride(from: 0, to: tips.count, by: Self.width) {
            commits.append(try await commit(Array(tips[start..<min(start + Self.width, tips.count)]), types))
        }
        while commits.count > GatherReport.joinLimit {
            var joined: [String] = []
            for start in stride(from: 0, to: commits.count, by: Self.width) {
                let parents = Array(commits[start..<min(start + Self.width, commits.count)])
                joined.append(try await commit(try await tree([]), parents))
            }
            commits = joined
        }
        return commits
    }

    private func commit(_ tips: [Tip], _ types: [String: String]) async throws -> String {
        var parents: [String] = []
        var entries: [String] = []
        let tags = tips.map(\.object).filter { types[$0] == "tag" }
        for tip in tips {
            switch types[tip.object] {
            case "commit": parents.append(tip.object)
            case "tree": entries.append("040000 tree \(tip.object)\ttree-\(tip.object)")
            case "blob": entries.append("100644 blob \(tip.object)\tblob-\(tip.object)")
            default: break
            }
        }
        if !tags.isEmpty {
            let peeled = try await git.run(
                ["cat-file", "--batch-check=%(objectname) %(objecttype)"], input: Array(tags.map { $0 + "^{}\n" }.joined().utf8))
            parents += String(decoding: peeled, as: UTF8.self).split(separator: "\n").filter { $0.hasSuffix(" commit") }
                .map { String($0.prefix(40)) }
            let words = try await git.run(["cat-file", "--batch"], input: Array(tags.map { $0 + "\n" }.joined().utf8))
            entries.append("100644 blob \(try await blob(words))\ttags")
        }
        let names = tips.flatMap { Array("\($0.object) \($0.kind.rawValue) ".utf8) + $0.name.bytes + [UInt8(ascii: "\n")] }
        entries.append("100644 blob \(try await blob(names))\tnames")
        return try await commit(try await tree(entries), parents)
    }

    private func blob(_ content: [UInt8]) async throws -> String { try await git.line(["hash-object", "-w", "--stdin"], input: content) }

    private func tree(_ entries: [String]) async throws -> String {
        try await git.line(["mktree"], input: Array(Set(entries).sorted().map { $0 + "\n" }.joined().utf8))
    }

    /// Written as an object: `commit-tree` would take each of a thousand parents as two arguments.
    private func commit(_ tree: String, _ parents: [String]) async throws -> String {
        // A fixed time, so that the next salvage makes the same commit.
        let who = "\(git.identity["GIT_COMMITTER_NAME"] ?? "SAM") <\(git.identity["GIT_COMMITTER_EMAIL"] ?? "sam@localhost")> 0 +0000"
        var seen: Set<String> = []
        let lines = ["tree \(tree)"] + parents.filter { seen.insert($0).inserted }.map { "parent \($0)" }
        let content = lines.joined(separator: "\n") + "\nauthor \(who)\ncommitter \(who)\n\nRefs that SAM joined\n"
        return try await git.line(["hash-object", "-t", "commit", "-w", "--stdin"], input: Array(content.utf8))
    }
}
