import Foundation
import Processes

/// The git program. It ignores the user's configuration unless it has to reach a remote.
package struct Git: Sendable {
    /// The configuration that a command may read.
    enum Configuration {
        /// None: for everything inside SAM's own mirrors and new checkouts.
        case none
        /// The user's, with credential helpers, proxies and `insteadOf`: for reaching the origin.
        case users
    }

    var program: String
    private let host: [String: String]

    /// Finds git.
    ///
    /// - Throws: ``WorkspaceError`` when it is not installed.
    package init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        guard let program = Program.find("git") else {
            throw WorkspaceError(.repository, "git is not installed. Install it, on Debian with: apt install git")
        }
        self.program = program
        host = environment
    }

    /// Switches for every command: no hook, no file system monitor, no pager, and no redirect. A repository's server could otherwise make SAM
    /// fetch from a server that only this machine reaches, with the user's credentials for that one.
    private static let harmless = [
        "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.pager=cat",
        "-c", "core.alternateRefsCommand=true", "-c", "http.followRedirects=false",
    ]

    func command(
        _ arguments: [String], in folder: String? = nil, configuration: Configuration = .none, extra: [String: String] = [:]
    ) -> Command {
        Command(
            program, Self.harmless + arguments,
            environment: environment(configuration).merging(extra, uniquingKeysWith: { $1 }), workingDirectory: folder)
    }

    /// Runs git and returns its output.
    ///
    /// - Parameter limit: the most bytes that it may print.
    /// - Throws: ``WorkspaceError`` with the given code and git's message when it fails; with ``WorkspaceError/Code/tooLarge`` when it
    ///   prints more.
    @discardableResult
    func run(
        _ arguments: [String], in folder: String? = nil, configuration: Configuration = .none,
        extra: [String: String] = [:], input: String = "", limit: Int = 64 << 20, timeout: Duration = .seconds(120),
        failing code: WorkspaceError.Code
    ) async throws -> Output {
        let command = command(arguments, in: folder, configuration: configuration, extra: extra)
        let output: Output
        do {
            output = try await command.run(input: [UInt8](input.utf8), limit: limit, timeout: timeout)
        } catch let error as ProcessError where error.code == .tooMuchOutput {
            throw WorkspaceError(.tooLarge, error.message)
        } catch let error as ProcessError {
            throw WorkspaceError(code, error.message)
        }
        return try output.successful(Self.verb(of: arguments), code)
    }

    /// Runs git, which may access the network, and reports its progress.
    ///
    /// - Throws: ``WorkspaceError`` with the given code when it fails, takes too long, or makes no progress for too long.
    @discardableResult
    func follow(
        _ arguments: [String], in folder: String? = nil, configuration: Configuration = .none, extra: [String: String] = [:],
        limits: FetchLimits, step: String, failing code: WorkspaceError.Code, telling report: @escaping WorkspaceProgress.Report
    ) async throws -> Output {
        // Progress is reported after one second; git's default is two.
        let delay = ["GIT_PROGRESS_DELAY": "1"]
        let slowness = ["-c", "http.lowSpeedLimit=\(Self.slowest)", "-c", "http.lowSpeedTime=\(limits.stall.components.seconds)"]
        let command = command(
            slowness + arguments, in: folder, configuration: configuration, extra: extra.merging(delay, uniquingKeysWith: { $1 }))
        let reader = GitProgressReader(step, report)
        report(WorkspaceProgress(step))
        var output: Output
        do {
            output = try await command.follow(timeout: limits.whole, stallTimeout: limits.stall) { reader.take($0) }
        } catch let error as ProcessError where error.code == .stalled {
            throw WorkspaceError(
                code,
                "Nothing new came for \(limits.stall.components.seconds) s while \(step), so it was given up (\(limits.stallName))."
            )
        } catch let error as ProcessError where error.code == .timedOut {
            throw WorkspaceError(
                code,
                "After \(limits.whole.components.seconds) s of \(step) it was given up (\(limits.wholeName)). \(reader.lastWords)"
            )
        } catch let error as ProcessError {
            throw WorkspaceError(code, error.message)
        }
        output.standardError = reader.complaints
        if output.standardError.contains("Operation too slow") {
            throw WorkspaceError(
                code,
                "The server sent next to nothing for \(limits.stall.components.seconds) s while \(step), so it was given up (\(limits.stallName))."
            )
        }
        return try output.successful(Self.verb(of: arguments), code)
    }

    /// In bytes a second. A working server sends more, even if only its progress.
    private static let slowest = 10

    /// The git command's name, after the switches.
    private static func verb(of arguments: [String]) -> String {
        var rest = arguments[...]
        while rest.first == "-c" { rest = rest.dropFirst(2) }
        return rest.first ?? ""
    }

    private func environment(_ configuration: Configuration) -> [String: String] {
        var environment = [
            "PATH": host["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
            "LC_ALL": "C",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_LFS_SKIP_SMUDGE": "1",
            // `file` is for repositories of this machine, which are served in a sandbox; other `file` addresses are refused before.
            "GIT_ALLOW_PROTOCOL": "file:http:https:ssh",
        ]
        switch configuration {
        case .none:
            environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
            environment["GIT_CONFIG_NOSYSTEM"] = "1"
            environment["HOME"] = "/nonexistent"
        case .users:
            let kept = [
                "HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_CONFIG_GLOBAL",
                "GIT_CONFIG_SYSTEM", "http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "SSL_CERT_FILE",
                "GIT_SSL_CAINFO",
            ]
            for name in kept { environment[name] = host[name] }
        }
        return environment
    }
}

extension Output {
    /// Returns the output if the program succeeded.
    ///
    /// - Throws: ``WorkspaceError`` with git's message.
    fileprivate func successful(_ verb: String, _ code: WorkspaceError.Code) throws -> Output {
        guard !termination.isSuccess else { return self }
        // A cancelled program is ended by a signal, which is no failure of its own.
        try Task.checkCancellation()
        if standardError.contains("does not appear to be a git repository") {
            throw WorkspaceError(code, "That is not a git repository, or it can't be reached: \(complaint)")
        }
        if standardError.contains(#/returned error: 30[1278]\b/#) {
            throw WorkspaceError(
                code,
                "The repository's address redirects to another, which SAM does not follow: it can lead to a server that only this machine reaches. Use the address to which it redirects. git says: \(complaint)"
            )
        }
        throw WorkspaceError(code, "git \(verb) failed: \(complaint)")
    }
}
