import Foundation
import Processes
import Testing

/// A repository as the tests read it: with git, and nothing of SAM's.
///
/// Names of files are read as Latin-1, so that every one is a text and no two are the same.
struct TestRepository: Sendable {
    struct Entry: Sendable, Hashable {
        var mode: String
        var object: String
    }

    var path: String

    static let environment = [
        "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C",
        "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b.c", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@b.c",
    ]

    /// Runs git in it, whatever comes of it.
    func output(_ arguments: [String], input: [UInt8] = [], extra: [String: String] = [:]) async throws -> Output {
        let program = try #require(Program.find("git"))
        return try await Command(
            program, arguments, environment: Self.environment.merging(extra, uniquingKeysWith: { $1 }), workingDirectory: path
        ).run(input: input, timeout: .seconds(120))
    }

    /// Runs git in it and returns what it prints, without the last line's end.
    @discardableResult
    func git(_ arguments: [String], input: String = "") async throws -> String {
        let output = try await output(arguments, input: [UInt8](input.utf8))
        guard output.termination.isSuccess else {
            throw TestFailure("git \(arguments.joined(separator: " ")) in \(path): \(output.standardError)")
        }
        return output.text.trimmingCharacters(in: .newlines)
    }

    func has(_ object: String) async throws -> Bool {
        try await output(["cat-file", "-e", object]).termination.isSuccess
    }

    /// The files of a commit.
    func tree(_ commit: String) async throws -> [String: Entry] {
        let output = try await output(["ls-tree", "-r", "-z", "--full-tree", commit + "^{tree}"])
        guard output.termination.isSuccess else { throw TestFailure("ls-tree of \(commit) in \(path): \(output.standardError)") }
        var tree: [String: Entry] = [:]
        for line in output.standardOutput.split(separator: 0) {
            let parts = line.split(separator: UInt8(ascii: "\t"), maxSplits: 1)
            let words = String(decoding: parts[0], as: UTF8.self).split(separator: " ").map(String.init)
            tree[latin(parts[1])] = Entry(mode: words[0], object: words[2])
        }
        return tree
    }

    /// What a commit changed from another: each file's new content, with `x:` before an executable's, `->` before a link's target and
    /// `@` before a gitlink's commit; `gone` for one that is no more.
    func changes(from base: String?, to commit: String) async throws -> [String: String] {
        let before: [String: Entry] = if let base { try await tree(base) } else { [:] }
        let after = try await tree(commit)
        var changes: [String: String] = [:]
        for (name, entry) in after where before[name] != entry { changes[name] = try await content(entry) }
        for name in before.keys where after[name] == nil { changes[name] = "gone" }
        return changes
    }

    private func content(_ entry: Entry) async throws -> String {
        guard entry.mode != "160000" else { return "@" + entry.object }
        let output = try await output(["cat-file", "blob", entry.object])
        guard output.termination.isSuccess else { throw TestFailure("blob \(entry.object) is not in \(path)") }
        let text = latin(output.standardOutput)
        return switch entry.mode {
        case "100755": "x:" + text
        case "120000": "->" + text
        default: text
        }
    }

    /// The commits that are reached from some and not from others.
    func commits(_ tips: [String], not others: [String] = []) async throws -> Set<String> {
        guard !tips.isEmpty else { return [] }
        let input = (tips + others.map { "^" + $0 }).joined(separator: "\n") + "\n"
        let text = try await git(["rev-list", "--stdin"], input: input)
        return Set(text.split(separator: "\n").map(String.init))
    }

    /// Which of these objects it has.
    func present(_ objects: some Collection<String>) async throws -> Set<String> {
        guard !objects.isEmpty else { return [] }
        let text = try await git(["cat-file", "--batch-check=%(objectname)"], input: objects.joined(separator: "\n") + "\n")
        return Set(text.split(separator: "\n").filter { !$0.hasSuffix(" missing") }.map(String.init))
    }

    /// The refs below a prefix, with their objects.
    func refs(_ prefix: String) async throws -> [String: String] {
        let text = try await git(["for-each-ref", "--format=%(refname) %(objectname)", prefix])
        return Dictionary(
            uniqueKeysWithValues: text.split(separator: "\n").map { line in
                let parts = line.split(separator: " ").map(String.init)
                return (parts[0], parts[1])
            })
    }
}

/// Bytes as text, each byte one character.
func latin(_ bytes: some Sequence<UInt8>) -> String {
    String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
}

/// The bytes of such a text.
func bytes(ofLatin text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
}

/// Why a test could not look.
struct TestFailure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
