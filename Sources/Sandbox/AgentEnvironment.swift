/// The environment variables of an agent.
public enum AgentEnvironment {
    /// The author and committer of an agent's commits.
    public static let identity = [
        "GIT_AUTHOR_NAME": "SAM agent", "GIT_AUTHOR_EMAIL": "agent@sam.invalid",
        "GIT_COMMITTER_NAME": "SAM agent", "GIT_COMMITTER_EMAIL": "agent@sam.invalid",
    ]

    /// The variables by which common tools find a proxy: curl, git, pip, npm, cargo, go and others. Some know one spelling only.
    public static func proxy(port: Int) -> [String: String] {
        let address = "http://127.0.0.1:\(port)"
        let here = "127.0.0.1,localhost,::1"
        return [
            "HTTP_PROXY": address, "http_proxy": address, "HTTPS_PROXY": address, "https_proxy": address, "NO_PROXY": here,
            "no_proxy": here,
        ]
    }

    /// The variables that every agent gets.
    ///
    /// - Parameters:
    ///   - programs: the first folders in PATH.
    ///   - temporary: the folder for temporary files.
    ///   - extra: further variables, which win.
    public static func make(home: String, programs: String, temporary: String, extra: [String: String]) -> [String: String] {
        let common = [
            "PATH": "\(programs):/usr/local/bin:/usr/bin:/bin",
            "HOME": home,
            "USER": "agent",
            "LOGNAME": "agent",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "TMPDIR": temporary,
        ]
        return common.merging(identity, uniquingKeysWith: { $1 }).merging(extra, uniquingKeysWith: { $1 })
    }
}
