/// How git reaches a repository.
package struct RepositoryAccess: Sendable {
    /// What git is given.
    var address: String
    /// What a person is told.
    var name: String
    /// Switches for `fetch` and `ls-remote`, or for `push`.
    var switches: [String] = []
    var extra: [String: String] = [:]
    var configuration: Git.Configuration

    /// What is done to it.
    enum Act: Sendable {
        case read, write
    }

    /// A repository that is reached over a network, with what its user has set up for that.
    package static func remote(_ url: String) -> RepositoryAccess {
        RepositoryAccess(address: url, name: url, configuration: .users)
    }
}
