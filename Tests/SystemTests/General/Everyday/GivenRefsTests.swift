import AgentProtocol
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

@Suite("The branches and tags that a workspace has")
struct GivenRefsTests {
    /// A repository with two branches, tags of three kinds, and odd names.
    private func origin(_ sam: SamFixture) async throws -> String {
        let path = try await sam.project("site", files: ["README.md": "# Site\n"])
        try await sam.git(["tag", "-a", "v1.0", "-m", "First"], in: path)
        try await sam.git(["tag", "light"], in: path)
        try await sam.git(["tag", "blob", "HEAD:README.md"], in: path)
        try await sam.git(["checkout", "-q", "-b", "feature/ü"], in: path)
        try await sam.git(["commit", "-q", "--allow-empty", "-m", "On a branch"], in: path)
        try await sam.git(["checkout", "-q", "main"], in: path)
        try await sam.git(["commit", "-q", "--allow-empty", "-m", "After the tag"], in: path)
        return path
    }

    @Test("`git describe` works, and every branch and tag is there as in a clone")
    func there() async throws {
        try await SamFixture.with { sam in
            _ = try await origin(sam)
            let run = try await sam.run(
                project: "site", agent: "shell",
                """
                git describe; git describe --all --match light HEAD~1; git branch -r; git tag; git log --format=%s -1 'origin/feature/ü'
                git log --format=%s -1 origin; git fsck --connectivity-only && git status --porcelain=v2 --branch | grep oid
                """)
            #expect(run.phase == "completed")
            let commit = try await sam.git(["rev-parse", "main"], in: sam.scratch + "/repositories/site").prefix(40)
            for words in [
                "v1.0-1-g", "tags/light", "origin/HEAD -> origin/main", "origin/main", "origin/feature/ü", "v1.0\n", "blob\n",
                "On a branch", "After the tag",
                "# branch.oid \(commit)",
            ] { #expect(run.said.contains(words), "\(words): \(run.said)") }
            #expect(run.session["result"]?["branch"] == nil)
            #expect(run.session["result"]?["others"]?.elements ?? [] == [], "What it was given is no work: \(run.session)")
        }
    }

    @Test("What it was given is not its own work, also when the origin has forgotten it meanwhile; what it moved is")
    func work() async throws {
        try await SamFixture.with { sam in
            let path = try await origin(sam)
            let id = try await sam.shell(project: "site")
            // The origin forgets everything that the workspace has, and the mirror learns of it.
            try await sam.git(["checkout", "-q", "--orphan", "other"], in: path)
            try await sam.git(["commit", "-q", "--allow-empty", "-m", "All anew"], in: path)
            try await sam.git(["branch", "-q", "-D", "main", "feature/ü"], in: path)
            try await sam.git(["branch", "-q", "-m", "main"], in: path)
            try await sam.git(["tag", "-d", "v1.0", "light", "blob"], in: path)
            #expect(try await sam.run(project: "site", agent: "shell", "git tag; git log --format=%s").said.contains("All anew"))

            _ = try await sam.ask(
                id,
                "git tag -d light; git tag mine 'origin/feature/ü'; git branch theirs v1.0; git checkout -q -b work; git commit -q --allow-empty -m Mine; git tag -f blob"
            )
            #expect(try await sam.call(.POST, "/api/v1/sessions/\(id)/finish").status == 202)
            let session = try await sam.finish(id)
            #expect(session["phase"] == "completed", "\(session)")
            let others = session["result"]?["others"]?.elements ?? []
            let commits = Set(others.compactMap { $0["commit"]?.string } + [session["result"]?["commit"]?.string].compactMap(\.self))
            let mirror = try #require(session["result"]?["mirror"]?.string)
            var subjects: Set<String> = []
            for commit in commits {
                subjects.insert(try await sam.git(["log", "-1", "--format=%s", commit], in: mirror).split(separator: "\n").joined())
            }
            #expect(subjects == ["Mine"], "\(session)")
        }
    }
}
