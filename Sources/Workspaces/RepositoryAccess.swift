/// How git reaches a repository.
package struct RepositoryAccess: Sendable {
    /// The address for git.
    var address: String
    /// The name for people.
    var name: String
    /// Switches for `fetch` and `ls-remote`, or for `push`.
    var switches: [String] = []
    var extra: [String: String] = [:]
    var configuration: Git.Configuration

    /// The kind of access.
    enum Act: Sendable {
        case read, write
    }

    /// A repository that is reached over a network, with the user's own configuration for that.
    package static func remote(_ url: String) -> RepositoryAccess {
        RepositoryAccess(address: url, name: url, configuration: .users)
    }
}
