import Glibc
import Processes

/// What a push of a session's branch did.
public struct Landing: Sendable, Codable, Hashable {
    /// The repository to which the branch was pushed.
    public var repository: String
    /// The branch there.
    public var branch: String
    /// Whether the branch was there with the same commit already, so that nothing was pushed.
    public var already: Bool

    /// Describes a push.
    public init(repository: String, branch: String, already: Bool) {
        self.repository = repository
        self.branch = branch
        self.already = already
    }

    /// Why a push was refused, where that is known.
    enum Refusal: Sendable, Hashable {
        /// The branch there has commits that the session's does not have.
        case hasMoved
        /// The repository's files can't be written.
        case notWritable

        /// The cause and the next step.
        func sentence(_ branch: String, in repository: String, mirror: String) -> String {
            switch self {
            case .hasMoved:
                """
                The branch \(branch) in \(repository) has other commits than the session's, so it is left as it is. Join the two in a clone \
                (git pull '\(mirror)' \(branch)) and push that, or delete the branch there and land again.
                """
            case .notWritable:
                """
                \(repository) can't be written by \(UnixUser.name(of: geteuid())), as which SAM runs. Let it write objects and refs there \
                (chown or chmod), or take the branch with: git fetch '\(mirror)' \(branch)
                """
            }
        }
    }

    /// The cause in git's words for a push that was refused; `nil` for others. The files of a repository on another machine are not for SAM's
    /// user to write.
    static func cause(ofRefusal message: String, at location: RepositoryLocation) -> Refusal? {
        if ["non-fast-forward", "(fetch first)"].contains(where: { message.contains($0) }) { return .hasMoved }
        let unwritable = ["unable to create temporary object", "insufficient permission for adding", "Read-only file system"]
        guard case .local = location, !message.contains("No space left") else { return nil }
        return unwritable.contains { message.contains($0) } ? .notWritable : nil
    }

    /// Reads what `git push` of one branch printed to standard error, in English. (`--porcelain` would keep the reason for a refusal from it.)
    static func wasUpToDate(_ output: String) -> Bool {
        output.split(separator: "\n").contains("Everything up-to-date")
    }
}
