import Foundation
import Processes

/// The refs of the origin that a workspace is given: its branches, as a clone has them, and its tags.
///
/// What one of them names is no work of an agent's, whatever the origin does to its own refs meanwhile; and the mirror keeps it while
/// the workspace stands.
package struct GivenRefs: Sendable, Hashable {
    /// A line for each, as git packs them: the object, a blank, the name. In the order of the names' bytes.
    let lines: [[UInt8]]

    /// Those that a mirror has of its origin at the moment.
    ///
    /// It takes the time of reading the refs; the history does not count.
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

    /// Writes them into a repository that has no refs yet: all in one file, so that there may be many.
    ///
    /// - Parameters:
    ///   - repository: its `.git`.
    ///   - defaultBranch: the origin's, which `origin` alone then names.
    /// - Throws: ``WorkspaceError`` when that can't be written.
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
            throw WorkspaceError(.checkout, "The refs of \(repository) can't be written: \(error.localizedDescription)")
        }
    }

    // MARK: - Kept beside the workspace

    /// Writes the objects down where no agent can change them.
    ///
    /// - Throws: ``WorkspaceError``.
    func remember(in file: String) throws {
        do {
            try Data(objects.joined(separator: "\n").utf8).write(to: URL(filePath: file), options: .atomic)
        } catch {
            throw WorkspaceError(.checkout, "\(file) can't be written: \(error.localizedDescription)")
        }
    }

    /// The objects that were written down; none for a workspace of an earlier version.
    static func remembered(in file: String) -> [String] {
        guard let text = FileManager.default.contents(atPath: file) else { return [] }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
