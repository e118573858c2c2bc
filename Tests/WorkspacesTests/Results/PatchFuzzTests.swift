import Accounts
import Foundation
import Fuzzing
import Processes
import Testing

@testable import Workspaces

/// Patches of files that are anything: each has to make the result out of the base, byte for byte.
@Suite("Patches of random files")
struct PatchFuzzTests {
    /// Latin-1, UTF-16, CR, NUL, no newline at the end, a patch, attributes, nothing.
    private static let contents: [[UInt8]] = [
        bytes(ofLatin: "caf\u{e9}\nna\u{ef}ve\n\u{a3} 3\n"), [0xff, 0xfe, 0x61, 0, 0x0a, 0, 0x62, 0], Array("one\r\ntwo\r\nthree".utf8),
        Array("a\0b\0c\n".utf8), Array("no newline".utf8), Array("\n\n\n".utf8), [],
        Array((1...80).map { "line \($0)\n" }.joined().utf8), [0xc3, 0x28, 0xa0, 0xa1, 0xe2, 0x28, 0xa1, 0x0a],
        Array("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n".utf8), Array("* -diff\n*.txt text eol=crlf\n".utf8),
    ]
    private static let words = ["\n", "\r", "\r\n", "\0", "\u{1b}[2J", "diff --git a/x b/x\n", "-- \n", "GIT binary patch\n", "\t", " \n"]
    /// Some stand in the way of others: a file where another tree has a folder.
    private static let names: [[UInt8]] = [
        Array("plain.txt".utf8), Array("folder/inner".utf8), Array("folder".utf8), bytes(ofLatin: "caf\u{e9}.txt"), [0xff, 0xfe],
        Array("with space ".utf8), Array("tab\tquote\"back\\slash".utf8), Array("line\nend".utf8), Array("名前".utf8),
        Array(".gitattributes".utf8), Array("deep/er/still".utf8), Array("-dash".utf8), Array("esc\u{1b}[2J".utf8),
    ]

    @Test("Applied to the base, the patch of random files, names and modes gives the result's very tree")
    func roundTrip() async throws {
        let folder = "/tmp/sam-patches-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let repository = TestRepository(path: folder)
        try await repository.git(["init", "-q", "--bare", "--template="])
        let git = try Git(environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
        await fuzz(Self.contents, words: Self.words, inputs: 60) { input, mutator in
            var generator = SeededGenerator(seed: input.reduce(UInt64(input.count)) { $0 &* 31 &+ UInt64($1) })
            try await make(["base", "result"], in: repository, &generator, &mutator)
            let patch = try await Diff(git: git, mirror: folder, base: "refs/heads/base", commit: "refs/heads/result").patch()
            return try await disagreement(patch, in: repository)
        }
    }

    @Test("A patch that is larger than the limit is refused whole, with what to do instead; one of just the limit is given")
    func limit() async throws {
        try await SalvageFixture.with(.none) { fixture in
            let repository = fixture.origin
            let git = try Git(environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
            let diff = Diff(git: git, mirror: repository.path, base: "refs/tags/v1", commit: "refs/heads/main")
            let whole = try await diff.patch()
            #expect(try await diff.patch(limit: whole.count) == whole)
            await #expect {
                _ = try await diff.patch(limit: whole.count - 1)
            } throws: { error in
                (error as? WorkspaceError)?.code == .tooLarge && "\(error)".contains("git fetch '\(repository.path)'")
            }
        }
    }

    @Test("A file's name that is not UTF-8 is listed with its bytes; others without")
    func listedNames() async throws {
        try await SalvageFixture.with(.none) { fixture in
            let repository = fixture.origin
            let stream =
                "commit refs/heads/odd\ncommitter A <a@b.c> 1700000000 +0000\ndata 1\nO\nfrom refs/heads/main\n"
                + "M 100644 inline \"caf\\351\"\ndata 2\na\n\nM 100644 inline \"caf\\303\\251\"\ndata 2\nb\n\n"
            try await repository.git(["fast-import", "--quiet"], input: stream)
            let git = try Git(environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
            let changes = try await Diff(git: git, mirror: repository.path, base: "refs/heads/main", commit: "refs/heads/odd").changes()
            #expect(Set(changes.map(\.path)) == ["caf\u{fffd}", "caf\u{e9}"])
            #expect(changes.first { $0.path == "caf\u{e9}" }?.pathBytes == nil)
            #expect(
                changes.first { $0.path == "caf\u{fffd}" }?.pathBytes == Data([0x63, 0x61, 0x66, 0xe9]).base64EncodedString())
        }
    }

    // MARK: - Parts

    /// Makes a branch of each name with random files. The second keeps some of the first's.
    private func make(
        _ branches: [String], in repository: TestRepository, _ generator: inout SeededGenerator, _ mutator: inout Mutator
    ) async throws {
        var stream: [UInt8] = []
        var files: [(name: [UInt8], mode: String, content: [UInt8])] = []
        for branch in branches {
            files.removeAll { _ in Bool.random(using: &generator) }
            for place in files.indices where Int.random(in: 0..<3, using: &generator) == 0 {
                if Bool.random(using: &generator) { files[place].mode = files[place].mode == "100644" ? "100755" : "100644" }
                if Bool.random(using: &generator) { files[place].content = mutator.next() }
            }
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let mode = ["100644", "100644", "100755", "120000"].randomElement(using: &generator) ?? "100644"
                let content = mutator.next()
                // A link's target has no NUL and is not empty.
                files.append(
                    (
                        Self.names.randomElement(using: &generator) ?? [0x61], mode,
                        mode == "120000" ? [0x74] + content.filter { $0 != 0 }.prefix(200) : content
                    ))
            }
            if Int.random(in: 0..<3, using: &generator) == 0, let moved = files.first {
                files[0].name = Array("renamed".utf8)
                files.removeAll { $0.name == moved.name }
            }
            stream += Array(
                "reset refs/heads/\(branch)\ncommit refs/heads/\(branch)\ncommitter A <a@b.c> 1700000000 +0000\ndata 1\nB\n".utf8)
            for file in files {
                stream += Array("M \(file.mode) inline \(quoted(file.name))\ndata \(file.content.count)\n".utf8) + file.content + [0x0a]
            }
            stream += [0x0a]
        }
        let output = try await repository.output(["fast-import", "--quiet", "--force"], input: stream)
        guard output.termination.isSuccess else { throw TestFailure("fast-import: \(output.standardError)") }
    }

    /// A name as fast-import and patches quote it.
    private func quoted(_ name: [UInt8]) -> String {
        "\"" + name.map { String(format: "\\%03o", $0) }.joined() + "\""
    }

    private func disagreement(_ patch: [UInt8], in repository: TestRepository) async throws -> String? {
        let index = ["GIT_INDEX_FILE": repository.path + "/try.index"]
        for arguments in [["read-tree", "base"], ["apply", "--cached", "--whitespace=nowarn", "--allow-empty"]] {
            let output = try await repository.output(arguments, input: arguments[0] == "apply" ? patch : [], extra: index)
            guard output.termination.isSuccess else { return "git \(arguments[0]): \(output.standardError)" }
        }
        let tree = try await repository.output(["write-tree"], extra: index)
        let wanted = try await repository.git(["rev-parse", "result^{tree}"])
        let made = tree.text.trimmingCharacters(in: .newlines)
        return made == wanted ? nil : "The patch makes the tree \(made), the result has \(wanted)."
    }
}
