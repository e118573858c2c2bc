/// What happened in the repository lately.
public struct History: Sendable, Hashable {
    /// Something with how often it occurred.
    public struct Count: Sendable, Hashable {
        public var name: String
        public var count: Int
    }

    public var days: Int
    public var commitsInAll: Int
    public var commits: Int
    public var authors: [Count]
    public var files: [Count]
    /// The newest commit: its day, its subject.
    public var newest: String?

    static func read(_ git: RepositoryGit, days: Int = 90) async throws -> History {
        let commits = try await git.history(days: days)
        var authors: [String: Int] = [:]
        var files: [String: Int] = [:]
        for commit in commits {
            authors[commit.author, default: 0] += 1
            for file in Set(commit.files) { files[file, default: 0] += 1 }
        }
        let newest = try await git.newest()
        return History(
            days: days, commitsInAll: try await git.commitCount(), commits: commits.count, authors: top(authors),
            files: top(files.filter { FileKind(path: $0.key) != .vendored && FileKind(path: $0.key) != .generated }),
            newest: newest.map { "\($0.date.prefix(10))" + ($0.subject.isEmpty ? "" : ": \($0.subject)") })
    }

    private static func top(_ counts: [String: Int], _ number: Int = 8) -> [Count] {
        let all = counts.map { Count(name: $0.key, count: $0.value) }
        return Array(all.sorted { ($0.count, $1.name) > ($1.count, $0.name) }.prefix(number))
    }
}
