import Foundation
import Processes

/// A session's own repository for work that can't be in the mirror: commits that no ref reached, and shallow histories.
struct LostWork: Sendable {
    let git: Git
    let path: String

    /// Copies all objects that it needs into it, except those below the commit that the session started from: it borrows from the mirror,
    /// from which others can be removed.
    func makeWhole() async throws {
        guard FileEntry(path) == .folder else { return }
        let listed = try await git.run(["for-each-ref", "--format=%(objectname) %(refname)"], in: path, failing: .salvage)
        let tips = listed.text.split(separator: "\n").map { line in
            let parts = line.split(separator: " ", maxSplits: 1)
            return (parts.last == "refs/sam/base" ? "^" : "") + parts[0]
        }
        guard tips.contains(where: { !$0.hasPrefix("^") }) else { return }
        try await git.run(
            ["pack-objects", "--revs", "--non-empty", "--delta-base-offset", "--quiet", path + "/objects/pack/pack"], in: path,
            input: tips.joined(separator: "\n") + "\n", timeout: .seconds(1_800), failing: .salvage)
    }
}
