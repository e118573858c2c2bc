import Foundation
import Processes

/// A file that a session changed.
public struct FileChange: Sendable, Hashable, Codable {
    public var path: String
    /// `nil` for a binary file.
    public var insertions: Int?
    public var deletions: Int?
}

/// What lies between the commit a session started from and its result. Read from the mirror, which no agent can write.
struct Diff: Sendable {
    let git: Git
    let mirror: String
    let base: String
    let commit: String

    private static let plain = ["--no-ext-diff", "--no-textconv", "--no-renames", "--no-color"]

    func changes() async throws -> [FileChange] {
        let output = try await git.run(
            ["diff"] + Self.plain + ["--numstat", "-z", base, commit, "--"], in: mirror, failing: .repository)
        return output.standardOutput.split(separator: 0).compactMap { record in
            let fields = record.split(separator: UInt8(ascii: "\t"), maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return nil }
            return FileChange(
                path: String(decoding: fields[2], as: UTF8.self),
                insertions: Int(String(decoding: fields[0], as: UTF8.self)),
                deletions: Int(String(decoding: fields[1], as: UTF8.self)))
        }
    }

    func patch() async throws -> String {
        try await git.run(["diff"] + Self.plain + ["--binary", base, commit, "--"], in: mirror, failing: .repository).text
    }
}
