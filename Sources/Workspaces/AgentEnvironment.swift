/// The environment that an agent finds.
enum AgentEnvironment {
    /// Whose name stands on an agent's commits.
    static let identity = [
        "GIT_AUTHOR_NAME": "SAM agent", "GIT_AUTHOR_EMAIL": "agent@sam.invalid",
        "GIT_COMMITTER_NAME": "SAM agent", "GIT_COMMITTER_EMAIL": "agent@sam.invalid",
    ]

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
