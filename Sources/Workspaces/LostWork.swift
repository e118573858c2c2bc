import Foundation
import Processes

/// The repository of a session's own, with what can't be in the mirror: commits that no ref reached, and histories that end early.
struct LostWork: Sendable {
    let git: Git
    let path: String

    /// Gives it all objects that it needs, but those below the commit that the session began on: it borrows from the mirror, from which
    /// others can go.
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
