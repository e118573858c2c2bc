import Accounts
import Foundation
import Testing

@testable import Workspaces

@Suite("The top folder of a repository")
struct RepositoryTopTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = "/tmp/sam-top-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private func git(_ arguments: String...) async throws {
        try await Git().run(arguments, failing: .repository)
    }

    private func make(_ folders: String...) throws {
        for folder in folders { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
    }

    @Test("It is found from each folder inside, through links, and where there is a space or an umlaut in the path")
    func inside() async throws {
        try await withFolder { folder in
            let top = folder + "/a projéct"
            try await git("init", "-q", top)
            try make(top + "/Sources/deep/er")
            try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: top + "/Sources")
            for path in [
                top, top + "/Sources", top + "/Sources/deep/er", folder + "/link/deep", folder + "/link", top + "/.git",
                top + "/.git/hooks",
            ] {
                try make(path)
                #expect(RepositoryTop.of(path) == top, "\(path)")
            }
            #expect(RepositoryTop.of(folder) == nil)
            #expect(RepositoryTop.of(folder + "/nothing") == nil)
            #expect(try RepositoryLocation(top + "/Sources").top.suggestedName?.text == "a-projéct")
        }
    }

    @Test("A repository inside another is its own; a bare one, a linked worktree and a submodule are tops, too")
    func kinds() async throws {
        try await withFolder { folder in
            let outer = folder + "/outer"
            try await git("init", "-q", outer)
            try await git("init", "-q", outer + "/vendor/inner")
            try await git("init", "-q", "--bare", folder + "/bare.git")
            try make(outer + "/vendor/inner/src", outer + "/linked/src", outer + "/own-file/src", outer + "/vendor/.git-not/src")
            try Data("gitdir: \(outer)/.git/worktrees/linked\n".utf8).write(to: URL(filePath: outer + "/linked/.git"))
            try Data("something else\n".utf8).write(to: URL(filePath: outer + "/own-file/.git"))
            #expect(RepositoryTop.of(outer + "/vendor/inner/src") == outer + "/vendor/inner")
            #expect(RepositoryTop.of(outer + "/vendor") == outer)
            #expect(RepositoryTop.of(outer + "/linked/src") == outer + "/linked")
            #expect(RepositoryTop.of(outer + "/own-file/src") == outer)
            #expect(RepositoryTop.of(folder + "/bare.git/refs/heads") == folder + "/bare.git")
            #expect(RepositoryTop.of(folder + "/bare.git") == folder + "/bare.git")
        }
    }

    @Test("What git is told not to look above is not looked above; a path to a file or pipe named .git leads nowhere and holds up nothing")
    func limits() async throws {
        try await withFolder { folder in
            let top = folder + "/top"
            try await git("init", "-q", top)
            try make(top + "/a/b", folder + "/odd/inside")
            #expect(RepositoryTop.of(top + "/a/b", environment: ["GIT_CEILING_DIRECTORIES": top + "/a"]) == nil)
            #expect(RepositoryTop.of(top + "/a/b", environment: ["GIT_CEILING_DIRECTORIES": "/other:\(folder)/"]) == top)
            #expect(mkfifo(folder + "/odd/.git", 0o600) == 0)
            #expect(RepositoryTop.of(folder + "/odd/inside") == nil)
        }
    }

    @Test("An address elsewhere stays as it is")
    func elsewhere() throws {
        for text in ["https://github.com/apple/swift-nio", "git@github.com:a/b.git", "/nowhere/at/all"] {
            #expect(try RepositoryLocation(text).top.address == text)
        }
    }
}
