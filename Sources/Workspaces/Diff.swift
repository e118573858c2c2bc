import Foundation
import Processes

/// A file that a session changed.
public struct FileChange: Sendable, Hashable, Codable {
    /// The path. Bytes that are not UTF-8 are replaced with U+FFFD.
    public var path: String
    /// The path's bytes in base64 when ``path`` has replaced some; `nil` otherwise.
    public var pathBytes: String?
    /// Added lines; `nil` for a binary file.
    public var insertions: Int?
    /// Removed lines; `nil` for a binary file.
    public var deletions: Int?
}

/// The difference between the commit a session started from and its result. Read from the mirror, which no agent can write.
struct Diff: Sendable {
    let git: Git
    let mirror: String
    let base: String
    let commit: String

    /// The command that compares contents. It treats large files as binary: their lines would take many times their size in memory.
    private static let compare = ["-c", "core.bigFileThreshold=8m", "diff"]
    private static let plain = ["--no-ext-diff", "--no-textconv", "--no-renames", "--no-color"]

    func changes() async throws -> [FileChange] {
        let output = try await git.run(
            Self.compare + Self.plain + ["--numstat", "-z", base, commit, "--"], in: mirror, failing: .repository)
        return output.standardOutput.split(separator: 0).compactMap { record in
            let fields = record.split(separator: UInt8(ascii: "\t"), maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return nil }
            let isText = String(validating: fields[2], as: UTF8.self) != nil
            return FileChange(
                path: String(decoding: fields[2], as: UTF8.self), pathBytes: isText ? nil : Data(fields[2]).base64EncodedString(),
                insertions: Int(String(decoding: fields[0], as: UTF8.self)),
                deletions: Int(String(decoding: fields[1], as: UTF8.self)))
        }
    }

    /// The patch as git prints it, in bytes, because files are bytes.
    ///
    /// - Parameter limit: the most bytes that it may have. A longer patch is refused as a whole: a cut one would apply in part.
    /// - Throws: ``WorkspaceError``, with code ``WorkspaceError/Code/tooLarge`` for a longer one.
    func patch(limit: Int = 64 << 20) async throws -> [UInt8] {
        do {
            return try await git.run(
                Self.compare + Self.plain + ["--binary", base, commit, "--"], in: mirror, limit: limit, failing: .repository
            ).standardOutput
        } catch let error as WorkspaceError where error.code == .tooLarge {
            throw WorkspaceError(
                .tooLarge,
                "The patch has more than \(limit >> 20) MiB, so none of it is returned. Compare in your clone: git fetch '\(mirror)' \(commit) && git diff \(base) FETCH_HEAD"
            )
        }
    }
}
