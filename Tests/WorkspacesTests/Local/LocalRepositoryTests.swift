import Foundation
import Processes
import Testing

@testable import Workspaces

@Suite("Repositories on this machine")
struct LocalRepositoryTests {
    /// Makes `whole` (with a branch `side`), `bare.git`, and what a case needs.
    private static let common = """
        set -e
        git init -q -b main whole; git -C whole commit -q --allow-empty -m One; git -C whole branch side
        git -C whole repack -q -a -d
        echo more > whole/file; git -C whole add file; git -C whole commit -q -m Two
        git clone -q --bare --no-local whole bare.git
        """

    private func with<Result>(_ script: String, _ body: (String) async throws -> Result) async throws -> Result {
        let folder = "/tmp/sam-whole-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let output = try await Command(
            "/bin/sh", ["-c", Self.common + "\n" + script], environment: TestRepository.environment, workingDirectory: folder
        ).run()
        try #require(output.termination.isSuccess, "\(output.standardError)")
        return try await body(folder)
    }

    @Test("What has all of its objects and refs itself is taken", arguments: WholeRepository.all)
    func whole(_ whole: WholeRepository) async throws {
        try await with(whole.script) { folder in
            let found = try LocalRepository(at: "\(folder)/\(whole.path)")
            #expect(found.folder == "\(folder)/\(whole.folder)")
            #expect(found.path == "\(folder)/\(whole.named ?? whole.path)")
            #expect((found.note == nil) == (whole.named == nil))
            if let named = whole.named { #expect(found.note?.contains("\(folder)/\(named)") == true) }
        }
    }

    @Test("What borrows from elsewhere is refused with a sentence, and whole beside it is taken", arguments: BorrowingRepository.all)
    func borrowing(_ borrowing: BorrowingRepository) async throws {
        try await with(borrowing.script) { folder in
            let error = #expect(throws: WorkspaceError.self) { try LocalRepository(at: "\(folder)/\(borrowing.path)") }
            #expect(error?.code == .repository)
            let message = error?.message ?? ""
            #expect(message.contains(borrowing.says), "\(message)")
            #expect(message.contains(folder))
            #expect(!message.contains("\n"))
            #expect(throws: Never.self) { try LocalRepository(at: folder + "/bare.git") }
        }
    }

    @Test(
        "What is neither a file nor a folder is refused by its name before git or SAM opens it; the repository is taken once it is gone",
        arguments: [
            "refs/heads/ff", "HEAD", "objects/info/alternates", "config", "packed-refs", "shallow", "info/grafts",
            "objects/pack/pack-1.idx",
            "objects/ab/cdef0123456789abcdef0123456789abcdef0123", "logs/HEAD", "worktrees/w/HEAD", "config.worktree",
        ], ["mkfifo", "socket"])
    func special(_ place: String, _ how: String) async throws {
        let socket = "perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Listen => 1, Local => $ARGV[0]) or die' \"$it\""
        let make = how == "mkfifo" ? "mkfifo \"$it\"" : socket
        let script = """
            it=whole/.git/\(place); mkdir -p $(dirname $it); if [ -e $it ]; then mv $it kept; fi
            cd $(dirname $it); it=$(basename $it); \(make)
            """
        try await with(script) { folder in
            let error = #expect(throws: WorkspaceError.self) { try LocalRepository(at: folder + "/whole") }
            #expect(error?.code == .repository)
            #expect(error?.message.contains("\(folder)/whole/.git/\(place) is a \(how == "mkfifo" ? "pipe" : "socket")") == true)
            #expect(throws: Never.self) { try LocalRepository(at: folder + "/bare.git") }
            try FileManager.default.removeItem(atPath: "\(folder)/whole/.git/\(place)")
            if FileManager.default.fileExists(atPath: folder + "/kept") {
                try FileManager.default.moveItem(atPath: folder + "/kept", toPath: "\(folder)/whole/.git/\(place)")
            }
            #expect(throws: Never.self) { try LocalRepository(at: folder + "/whole") }
        }
    }

    @Test("What is special in the working tree, or behind a link, does not count", arguments: ["whole/pipe", "pipe"])
    func elsewhere(_ place: String) async throws {
        try await with("mkfifo \(place); ln -s ../../\(place) whole/.git/description.link") { folder in
            #expect(throws: Never.self) { try LocalRepository(at: folder + "/whole") }
        }
    }

    @Test("A repository that is named through a process goes by its own path", arguments: ["/proc/self/root", "/proc/thread-self/root"])
    func throughProcess(_ prefix: String) async throws {
        try await with("") { folder in
            for path in ["\(prefix)\(folder)/whole", "\(folder)/whole"] {
                let found = try LocalRepository(at: path)
                #expect(found.path == "\(folder)/whole")
            }
        }
    }

    @Test("A limit is named as what it is: a setting, or SAM's own")
    func limits() {
        let usual = FetchLimits(whole: .seconds(700), stall: .seconds(20))
        #expect(usual.wholeName.contains("git.timeoutSeconds") && usual.stallName.contains("git.stallSeconds"))
        #expect(!usual.capped(at: .seconds(600)).wholeName.contains("git.timeoutSeconds"))
        #expect(usual.capped(at: .seconds(600)).stallName.contains("git.stallSeconds"))
        #expect(usual.capped(at: .seconds(800)) == usual)
        #expect(usual.left(.seconds(-1)).whole == .seconds(1) && usual.left(.seconds(5)).wholeName == usual.wholeName)
        #expect(!FetchLimits.fixed(.seconds(60)).stallName.contains("git.stallSeconds"))
    }

    @Test("What is said to make a borrowing repository whole does")
    func madeWhole() async throws {
        try await with("git clone -q --shared whole lent") { folder in
            let error = #expect(throws: WorkspaceError.self) { try LocalRepository(at: folder + "/lent") }
            let way = try #require(error?.message.split(separator: "Make it whole: ").last)
            let output = try await Command("/bin/sh", ["-c", String(way)], environment: TestRepository.environment).run()
            #expect(output.termination.isSuccess, "\(output.standardError)")
            #expect(throws: Never.self) { try LocalRepository(at: folder + "/lent") }
            let lent = TestRepository(path: folder + "/lent")
            try FileManager.default.removeItem(atPath: folder + "/whole")
            #expect(try await lent.output(["fsck", "--full"]).termination.isSuccess)
        }
    }
}

/// A repository that is taken.
struct WholeRepository: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var script = ""
    var path: String
    var folder: String
    /// The repository that it stands for, where that is another one.
    var named: String?

    static let all = [
        WholeRepository(testDescription: "with a working tree", path: "whole", folder: "whole/.git"),
        WholeRepository(testDescription: "by its .git", path: "whole/.git", folder: "whole/.git"),
        WholeRepository(testDescription: "bare", path: "bare.git", folder: "bare.git"),
        WholeRepository(testDescription: "by a link to it", script: "ln -s whole link", path: "link", folder: "whole/.git"),
        WholeRepository(
            testDescription: "with links between its refs, as once was usual",
            script: "cd bare.git; git update-ref refs/heads/real HEAD; ln -sf refs/heads/real HEAD; ln -s real refs/heads/alias",
            path: "bare.git", folder: "bare.git"),
        WholeRepository(
            testDescription: "with an empty list of others", script: ": > bare.git/objects/info/alternates", path: "bare.git",
            folder: "bare.git"),
        WholeRepository(
            testDescription: "a submodule's repository by its folder",
            script: "git -C whole -c protocol.file.allow=always submodule --quiet add ../bare.git sub", path: "whole/.git/modules/sub",
            folder: "whole/.git/modules/sub"),
        WholeRepository(
            testDescription: "a linked worktree", script: "git -C whole worktree add -q ../tree side", path: "tree", folder: "whole/.git",
            named: "whole"),
        WholeRepository(
            testDescription: "a linked worktree of a bare one", script: "git -C bare.git worktree add -q ../tree side", path: "tree",
            folder: "bare.git", named: "bare.git"),
        WholeRepository(
            testDescription: "a linked worktree by its folder in the repository",
            script: "git -C whole worktree add -q ../tree side", path: "whole/.git/worktrees/tree", folder: "whole/.git", named: "whole"),
    ]
}

/// A repository that is refused.
struct BorrowingRepository: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var script: String
    var path = "it"
    var says: String

    static let all = [
        BorrowingRepository(testDescription: "alternates", script: "git clone -q --shared whole it", says: "borrows objects from"),
        BorrowingRepository(
            testDescription: "alternates of a bare one", script: "git clone -q --bare --reference whole whole it", says: "repack -a -d"),
        BorrowingRepository(
            testDescription: "alternates over HTTP",
            script: "cp -r bare.git it; echo http://127.0.0.1/x > it/objects/info/http-alternates", says: "borrows objects from"),
        BorrowingRepository(
            testDescription: "alternates that are a link",
            script: "cp -r bare.git it; echo /x > list; ln -s ../../../list it/objects/info/alternates", says: "is a link to"),
        BorrowingRepository(testDescription: "a link as .git", script: "mkdir it; ln -s ../whole/.git it/.git", says: "is a link to"),
        BorrowingRepository(
            testDescription: "a file .git that leads elsewhere", script: "git init -q --separate-git-dir elsewhere it",
            says: "its file .git leads to"),
        BorrowingRepository(
            testDescription: "a submodule",
            script: "git -C whole -c protocol.file.allow=always submodule --quiet add ../bare.git sub; mv whole it", path: "it/sub",
            says: "its file .git leads to"),
        BorrowingRepository(
            testDescription: "a file .git that leads nowhere", script: "mkdir it; echo 'gitdir: ../nowhere' > it/.git", says: "is not there"
        ),
        BorrowingRepository(
            testDescription: "a file .git that says nothing", script: "mkdir it; echo x > it/.git", says: "does not say where"),
        BorrowingRepository(
            testDescription: "linked objects", script: "cp -r bare.git it; rm -rf it/objects; ln -s ../bare.git/objects it/objects",
            says: "is a link to"),
        BorrowingRepository(
            testDescription: "linked refs", script: "cp -r bare.git it; rm -rf it/refs; ln -s ../bare.git/refs it/refs",
            says: "is a link to"),
        BorrowingRepository(
            testDescription: "a linked folder of branches",
            script: "cp -r bare.git it; rm -rf it/refs/heads; ln -s ../../bare.git/refs/heads it/refs/heads",
            says: "refs/heads is a link to"),
        BorrowingRepository(
            testDescription: "a linked branch",
            script:
                "cp -r bare.git it; mkdir -p it/refs/heads/a; git -C bare.git rev-parse main > tip; ln -s ../../../../tip it/refs/heads/a/b",
            says: "refs/heads/a/b is a link to"),
        BorrowingRepository(
            testDescription: "linked packed refs",
            script: "cp -r bare.git it; mv it/packed-refs list; ln -s ../list it/packed-refs", says: "packed-refs is a link to"),
        BorrowingRepository(
            testDescription: "linked packs",
            script: "cp -r bare.git it; rm -rf it/objects/pack; ln -s ../../bare.git/objects/pack it/objects/pack",
            says: "pack is a link to"),
        BorrowingRepository(
            testDescription: "a linked pack",
            script: "cp -r bare.git it; for f in it/objects/pack/*.pack; do mv $f kept; ln -s ../../../kept $f; done",
            says: ".pack is a link to"),
        BorrowingRepository(
            testDescription: "a linked folder of objects",
            script: "cp -r whole/.git it; for f in it/objects/[0-9a-f][0-9a-f]; do mv $f kept; ln -s ../../kept $f; break; done",
            says: "is a link to"),
        BorrowingRepository(
            testDescription: "a HEAD that is a link out of it",
            script: "cp -r bare.git it; mv it/HEAD list; ln -s ../list it/HEAD", says: "HEAD is a link to"),
        BorrowingRepository(
            testDescription: "a linked configuration", script: "cp -r bare.git it; mv it/config list; ln -s ../list it/config",
            says: "config is a link to"),
        BorrowingRepository(
            testDescription: "the refs of another by commondir", script: "cp -r bare.git it; echo ../whole/.git > it/commondir",
            says: "claims to be a worktree"),
        BorrowingRepository(
            testDescription: "a worktree that its repository does not know",
            script: """
                git -C whole worktree add -q ../tree side; mkdir -p it bare.git/worktrees; cp -r whole/.git/worktrees/tree bare.git/worktrees/it
                echo 'gitdir: ../bare.git/worktrees/it' > it/.git
                """, says: "claims to be a worktree"),
        BorrowingRepository(
            testDescription: "a worktree's place outside of a repository",
            script: "git -C whole worktree add -q ../tree side; cp -r whole/.git/worktrees/tree it; echo ../whole/.git > it/commondir",
            says: "claims to be a worktree"),
        BorrowingRepository(
            testDescription: "a repository within, which git would serve in its place",
            script: "cp -r bare.git it; mkdir -p outer/it; mv it outer/it/.git; cp -r bare.git outer/it/.git/.git", path: "outer/it",
            says: "refers to another one"),
        BorrowingRepository(
            testDescription: "grafts", script: "cp -r bare.git it; git -C bare.git rev-parse main > it/info/grafts",
            says: "replace --convert-graft-file"),
        BorrowingRepository(testDescription: "no repository", script: "mkdir it", says: "not a git repository"),
        BorrowingRepository(testDescription: "no folder", script: "true", says: "no folder"),
    ]
}
