/// The recent history of the repository.
public struct History: Sendable, Hashable {
    /// A name with its number of occurrences.
    public struct Count: Sendable, Hashable {
        /// An author or a path.
        public var name: String
        /// The number of commits.
        public var count: Int
    }

    /// The number of days that the counts cover.
    public var days: Int
    /// The number of commits of all time.
    public var commitsInAll: Int
    /// The number of commits in these days, without merges.
    public var commits: Int
    /// The authors with the most commits, the first eight.
    public var authors: [Count]
    /// The files with the most commits, the first eight, without vendored and generated ones.
    public var files: [Count]
    /// The newest commit: its day and its subject.
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
