import Foundation
import Processes
import Testing

@testable import Workspaces

@Suite("Bundles of what sessions left")
struct RepositoryBundleTests {
    private struct Fixture {
        let folder: String
        let bundles: RepositoryBundle
        var mirror: String { folder + "/mirror.git" }
        var file: String { folder + "/b.bundle" }

        @discardableResult
        func git(_ arguments: String..., in repository: String? = nil, input: String = "") async throws -> String {
            let output = try await bundles.git.run(
                ["-c", "user.name=a", "-c", "user.email=a@b.c"] + arguments, in: repository ?? mirror, input: input, failing: .repository)
            return output.text.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        /// A commit with a file of this content on top of others.
        func commit(_ content: String, on parents: [String] = [], in repository: String? = nil) async throws -> String {
            let blob = try await git("hash-object", "-w", "--stdin", in: repository, input: content)
            let tree = try await git("mktree", in: repository, input: "100644 blob \(blob)\tfile\n")
            let output = try await bundles.git.run(
                ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit-tree", tree, "-m", content] + parents.flatMap { ["-p", $0] },
                in: repository ?? mirror, failing: .repository)
            return output.text.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        func refs(_ repository: String) async throws -> [String] {
            try await git("for-each-ref", "--format=%(refname) %(objectname)", in: repository).split(separator: "\n").map(String.init)
        }
    }

    private func with(_ body: (Fixture) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "bundle-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let fixture = Fixture(folder: folder, bundles: RepositoryBundle(git: try Git()))
        try await Mirror(git: fixture.bundles.git, path: fixture.mirror).initialise()
        try await body(fixture)
    }

    private func write(_ fixture: Fixture, bases: [String] = []) async throws -> RepositoryBundle.Count? {
        try await fixture.bundles.write(
            .init(repository: fixture.mirror, bases: bases), to: fixture.file, scratch: fixture.folder + "/scratch")
    }

    @Test("SAM's refs arrive with all that they reach, of every kind of object; the origin's refs stay out; the mirror is as it was")
    func whole() async throws {
        try await with { fixture in
            let base = try await fixture.commit("base")
            let work = try await fixture.commit("work", on: [base])
            let other = try await fixture.commit("other", on: [base])
            let secretless = try await fixture.commit("of the origin alone")
            let blob = try await fixture.git("hash-object", "-w", "--stdin", input: "just text")
            for (name, object) in [
                ("refs/heads/sam/s_1-work", work), ("refs/sam/work/s_1/heads/a%20b", other), ("refs/sam/work/s_1/refs/blob", blob),
                ("refs/sam/keep/s_2", base), ("refs/remotes/origin/main", secretless), ("refs/heads/samantha", secretless),
            ] { try await fixture.git("update-ref", name, object) }
            try await fixture.git("tag", "-a", "-m", "t", "t", work)
            try await fixture.git("update-ref", "refs/sam/work/s_1/tags/t", try await fixture.git("rev-parse", "refs/tags/t"))
            let before = try await fixture.refs(fixture.mirror)

            let count = try #require(try await write(fixture))
            #expect(count == .init(references: 5, missing: 0))
            #expect(try await fixture.refs(fixture.mirror) == before)
            #expect(!FileManager.default.fileExists(atPath: fixture.folder + "/scratch"))
            let target = fixture.folder + "/restored.git"
            try await fixture.bundles.restoreMirror(fixture.file, shallow: nil, to: target)
            #expect(try await fixture.refs(target) == before.filter { $0.hasPrefix("refs/sam/") || $0.hasPrefix("refs/heads/sam/") })
            try await fixture.git("fsck", "--strict", in: target)
            #expect(try await fixture.git("config", "extensions.preciousObjects", in: target) == "true", "It is a mirror as any other")
        }
    }

    @Test("A commit that a session began from arrives, also where no ref names it any more; one that is gone is counted")
    func bases() async throws {
        try await with { fixture in
            let base = try await fixture.commit("forced away")
            let work = try await fixture.commit("an orphan")
            try await fixture.git("update-ref", "refs/heads/sam/s_1-x", work)
            let gone = String(repeating: "7", count: 40)
            #expect(try await write(fixture, bases: [base, gone, "not an id"]) == .init(references: 2, missing: 2))
            let target = fixture.folder + "/restored.git"
            try await fixture.bundles.restoreMirror(fixture.file, shallow: nil, to: target)
            #expect(try await fixture.git("diff", "--name-only", base, work, in: target) == "file")
        }
    }

    @Test("A mirror in which SAM has made nothing needs no bundle")
    func nothing() async throws {
        try await with { fixture in
            #expect(try await write(fixture) == nil)
            try await fixture.git("update-ref", "refs/remotes/origin/main", try await fixture.commit("x"))
            #expect(try await write(fixture) == nil)
            #expect(!FileManager.default.fileExists(atPath: fixture.file))
        }
    }

    @Test("A history that ends early arrives as it is")
    func shallow() async throws {
        try await with { fixture in
            let long = fixture.folder + "/long.git"
            try await fixture.git("init", "--bare", "--quiet", "--template=", long)
            var tip = try await fixture.commit("0", in: long)
            for number in 1...4 { tip = try await fixture.commit("\(number)", on: [tip], in: long) }
            try await fixture.git("update-ref", "refs/heads/main", tip, in: long)
            try await fixture.git(
                "fetch", "--quiet", "--depth", "2", "--update-shallow", "file://\(long)", "+refs/heads/main:refs/sam/keep/s_1")
            let shallow = try #require(RepositoryBundle.shallow(of: fixture.mirror))
            #expect(try await write(fixture) == .init(references: 1, missing: 0))
            let target = fixture.folder + "/restored.git"
            try await fixture.bundles.restoreMirror(fixture.file, shallow: shallow, to: target)
            #expect(try await fixture.git("rev-list", "--count", "refs/sam/keep/s_1", in: target) == "2")
            try await fixture.git("fsck", in: target)
        }
    }

    @Test("A session's lost work arrives in a repository that borrows from the mirror's new place, and repeats nothing of the mirror")
    func lostWork() async throws {
        try await with { fixture in
            let base = try await fixture.commit(String(repeating: "base ", count: 20_000))
            try await fixture.git("update-ref", "refs/heads/sam/s_1-x", base)
            let lost = fixture.folder + "/lost.git"
            try await fixture.git("init", "--bare", "--quiet", "--template=", lost)
            try Data("\(fixture.mirror)/objects\n".utf8).write(to: URL(filePath: lost + "/objects/info/alternates"))
            try await fixture.git("update-ref", "refs/sam/base", base, in: lost)
            let work = try await fixture.commit("lost", on: [base], in: lost)
            try await fixture.git("update-ref", "refs/sam/work/s_1/lost/\(work)", work, in: lost)
            let file = fixture.folder + "/lost.bundle"
            let count = try await fixture.bundles.write(
                .init(repository: lost, known: "refs/sam/base"), to: file, scratch: fixture.folder + "/scratch")
            #expect(count?.missing == 0)
            #expect(try await write(fixture) != nil)

            let (now, later) = (fixture.folder + "/staged/m.git", fixture.folder + "/home/m.git")
            for folder in ["staged", "home"] {
                try FileManager.default.createDirectory(atPath: "\(fixture.folder)/\(folder)", withIntermediateDirectories: true)
            }
            try await fixture.bundles.restoreMirror(fixture.file, shallow: nil, to: now)
            let target = fixture.folder + "/home/lost.git"
            try await fixture.bundles.restoreLostWork(file, shallow: nil, to: target, borrowing: now, later: later)
            try FileManager.default.moveItem(atPath: now, toPath: later)
            try FileManager.default.removeItem(atPath: fixture.mirror)
            #expect(try await fixture.git("rev-list", "--count", "refs/sam/work/s_1/lost/\(work)", in: target) == "2")
            try await fixture.git("fsck", in: target)
        }
    }
}
