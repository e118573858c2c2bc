/// The environment that an agent finds.
enum AgentEnvironment {
    /// Whose name stands on an agent's commits.
    static let identity = [
        "GIT_AUTHOR_NAME": "SAM agent", "GIT_AUTHOR_EMAIL": "agent@sam.invalid",
        "GIT_COMMITTER_NAME": "SAM agent", "GIT_COMMITTER_EMAIL": "agent@sam.invalid",
    ]

    /// By what the common tools find a proxy: curl, git, pip, npm, cargo, go and others. Some know one spelling only.
    static func proxy(port: Int) -> [String: String] {
        let address = "http://127.0.0.1:\(port)"
        let here = "127.0.0.1,localhost,::1"
        return [
            "HTTP_PROXY": address, "http_proxy": address, "HTTPS_PROXY": address, "https_proxy": address, "NO_PROXY": here,
            "no_proxy": here,
        ]
    }

    static func make(home: String, programs: String, temporary: String, extra: [String: String]) -> [String: String] {
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
