import Foundation
import Processes
import Wording

/// The git program, run with nothing of the user's own configuration unless it has to reach a remote.
package struct Git: Sendable {
    /// Whose configuration a command may read.
    enum Configuration {
        /// Nobody's: for everything inside SAM's own mirrors and new checkouts.
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

    /// Switches that hold for every command: no hook, no file system monitor and no pager of anybody's.
    private static let harmless = [
        "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.pager=cat",
        "-c", "core.alternateRefsCommand=true",
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
    /// - Parameter limit: the most that it may print, in bytes.
    /// - Throws: ``WorkspaceError`` with the given code and what git said when it fails; with ``WorkspaceError/Code/tooLarge`` when it
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

    /// Runs git, which may reach a network, and tells how far it has come.
    ///
    /// - Throws: ``WorkspaceError`` with the given code when it fails, takes too long, or gets nowhere for too long.
    @discardableResult
    func follow(
        _ arguments: [String], in folder: String? = nil, configuration: Configuration = .none, extra: [String: String] = [:],
        limits: FetchLimits, step: String, failing code: WorkspaceError.Code, telling report: @escaping WorkspaceProgress.Report
    ) async throws -> Output {
        // A server's word a second is progress enough; git itself would wait two.
        let delay = ["GIT_PROGRESS_DELAY": "1"]
        let slowness = ["-c", "http.lowSpeedLimit=\(Self.slowest)", "-c", "http.lowSpeedTime=\(limits.stall.components.seconds)"]
        let command = command(
            slowness + arguments, in: folder, configuration: configuration, extra: extra.merging(delay, uniquingKeysWith: { $1 }))
        let reader = GitProgressReader(step, report)
        report(WorkspaceProgress(step))
        var output: Output
        do {
            output = try await command.follow(timeout: limits.whole, patience: limits.stall) { reader.take($0) }
        } catch let error as ProcessError where error.code == .stalled {
            throw WorkspaceError(
                code,
                "Nothing new came for \(limits.stall.components.seconds) s while \(step), so it was given up (the setting git.stallSeconds)."
            )
        } catch let error as ProcessError where error.code == .timedOut {
            throw WorkspaceError(
                code,
                "After \(limits.whole.components.seconds) s of \(step) it was given up (the setting git.timeoutSeconds). \(reader.lastWords)"
            )
        } catch let error as ProcessError {
            throw WorkspaceError(code, error.message)
        }
        output.standardError = reader.complaints
        if output.standardError.contains("Operation too slow") {
            throw WorkspaceError(
                code,
                "The server sent next to nothing for \(limits.stall.components.seconds) s while \(step), so it was given up (the setting git.stallSeconds)."
            )
        }
        return try output.successful(Self.verb(of: arguments), code)
    }

    /// Bytes a second. A server that is at work says more, even if it only tells its progress.
    private static let slowest = 10

    /// The git command's own name, behind its switches.
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
            // `file` is for repositories of this machine, which are served in a sandbox; addresses that arrive as such are refused before.
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
    /// The same where the program succeeded.
    ///
    /// - Throws: ``WorkspaceError`` with what git said.
    fileprivate func successful(_ verb: String, _ code: WorkspaceError.Code) throws -> Output {
        guard !termination.isSuccess else { return self }
        if standardError.contains("does not appear to be a git repository") {
            throw WorkspaceError(code, "That is not a git repository, or it can't be reached: \(complaint)")
        }
        throw WorkspaceError(code, "git \(verb) failed: \(complaint)")
    }

    /// The lines in which a program says what went wrong, short enough for a sentence.
    var complaint: String {
        let lines = standardError.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        let prefixes = ["fatal: ", "error: ", "remote: ", "! "]
        let telling = lines.compactMap { line in
            prefixes.first { line.hasPrefix($0) }.map { line.dropFirst($0.count).trimmingCharacters(in: .whitespaces) }
        }
        let chosen = (telling.isEmpty ? lines.suffix(3).map(\.self) : telling).prefix(4).joined(separator: "; ")
        let text = VisibleText(chosen).text
        return text.isEmpty ? "\(termination)" : String(text.prefix(600))
    }
}
