import Foundation
import Processes
import Wording

/// The origin's refs that a workspace gets: its branches, as in a clone, and its tags.
///
/// Commits that they name do not count as the agent's work, whatever the origin does to its refs later. The mirror keeps them while the
/// workspace exists.
package struct GivenRefs: Sendable, Hashable {
    /// A line for each, in the format of packed refs: the object, a space, the name. Sorted by the names' bytes.
    let lines: [[UInt8]]

    /// The refs that a mirror has of its origin now.
    ///
    /// Takes the time of reading the refs, whatever the length of the history.
    ///
    /// - Throws: ``WorkspaceError``.
    package static func of(_ mirror: Mirror) async throws -> GivenRefs {
        let listing = try await mirror.git.run(
            ["for-each-ref", "--format=%(objectname) %(refname)", "refs/remotes/origin", "refs/tags"], in: mirror.path,
            failing: .checkout)
        return GivenRefs(lines: listing.standardOutput.split(separator: UInt8(ascii: "\n")).map(Array.init))
    }

    /// The objects that they name.
    var objects: [String] {
        lines.compactMap { line in
            let object = line.prefix { $0 != UInt8(ascii: " ") }
            return (40...64).contains(object.count) ? String(decoding: object, as: UTF8.self) : nil
        }
    }

    private func names(_ reference: String) -> Bool {
        lines.contains { $0.drop { $0 != UInt8(ascii: " ") }.dropFirst().elementsEqual(reference.utf8) }
    }

    /// Writes them into a repository without refs. All go into one file, so that there may be many.
    ///
    /// - Parameters:
    ///   - repository: its `.git`.
    ///   - defaultBranch: the origin's default branch, to which `origin/HEAD` is to point.
    /// - Throws: ``WorkspaceError`` when they can't be written.
    func write(into repository: String, defaultBranch: String?) throws {
        var packed = Array("# pack-refs with: sorted \n".utf8)
        for line in lines { packed += line + [UInt8(ascii: "\n")] }
        do {
            try Data(packed).write(to: URL(filePath: repository + "/packed-refs"))
            guard let defaultBranch, names("refs/remotes/origin/\(defaultBranch)"), !names("refs/remotes/origin/HEAD") else { return }
            try FileManager.default.createDirectory(atPath: repository + "/refs/remotes/origin", withIntermediateDirectories: true)
            try Data("ref: refs/remotes/origin/\(defaultBranch)\n".utf8).write(
                to: URL(filePath: repository + "/refs/remotes/origin/HEAD"))
        } catch {
            throw WorkspaceError(.checkout, "The refs of \(repository) can't be written: \(reason(of: error))")
        }
    }

    // MARK: - Stored beside the workspace

    /// Writes the objects' ids to a file that no agent can change.
    ///
    /// - Throws: ``WorkspaceError``.
    func remember(in file: String) throws {
        do {
            try Data(objects.joined(separator: "\n").utf8).write(to: URL(filePath: file), options: .atomic)
        } catch {
            throw WorkspaceError(.checkout, "\(file) can't be written: \(reason(of: error))")
        }
    }

    /// The ids that were written; none for a workspace of an earlier version.
    static func remembered(in file: String) -> [String] {
        guard let text = FileManager.default.contents(atPath: file) else { return [] }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
