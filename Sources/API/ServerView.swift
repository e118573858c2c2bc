/// The server's description of itself.
public struct ServerView: Sendable, Codable {
    /// The version of SAM.
    public var version: String
    /// The home's path; for administrators only.
    public var home: String?
    /// The server's URL.
    public var url: String
    /// The URL for workspaces on other machines; missing if there is none.
    public var remote: String?
    /// The idle time in seconds after which the server exits; missing for never.
    public var idleExit: Int?
    /// The process id; for administrators only.
    public var process: Int32?

    package init(
        version: String, home: String? = nil, url: String, remote: String? = nil, idleExit: Int? = nil, process: Int32? = nil
    ) {
        self.version = version
        self.home = home
        self.url = url
        self.remote = remote
        self.idleExit = idleExit
        self.process = process
    }

    /// The view for users who are no administrators: without what they could use only on the machine itself.
    package var forMembers: ServerView {
        var view = self
        (view.home, view.process) = (nil, nil)
        return view
    }
}
