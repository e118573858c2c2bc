import Foundation
import Processes
import Synchronization
import Wording

/// Finds out whether this machine can run sandboxes, by starting one.
public final class SandboxProbe: Sendable {
    /// bubblewrap's path, when it is installed.
    public let program: String?
    private let runner: String
    private let filter: String
    private let passed = Mutex(false)

    /// Creates a probe.
    ///
    /// - Parameters:
    ///   - runner: the path of `sam-runner`.
    ///   - filter: the file with the filter that ``SystemCallFilter`` makes.
    public init(program: String? = Program.find("bwrap"), runner: String, filter: String) {
        self.program = program
        self.runner = runner
        self.filter = filter
    }

    /// Starts a sandbox with every namespace that sessions get, and with their filter of system calls. A success is remembered; a failure
    /// is tried again at the next call.
    ///
    /// - Throws: ``SandboxError`` with what is missing and how to get it.
    public func succeed() async throws {
        if passed.withLock({ $0 }) { return }
        guard let program else {
            throw SandboxError(
                .missing, "bubblewrap is not installed, so SAM can't sandbox agents. Install it, on Debian with: apt install bubblewrap")
        }
        let sandbox = Sandbox(program: program, binds: [], passwd: "/dev/null", group: "/dev/null", filter: filter)
        let output: Output
        do {
            output = try await sandbox.wrap(Command("/usr/bin/true", [])).entered(by: runner).run(timeout: .seconds(10))
        } catch {
            throw SandboxError(.refused, "The sandbox could not be tried: \(reason(of: error))")
        }
        guard output.termination.isSuccess else {
            throw SandboxError(.refused, "This machine can't sandbox: \(output.complaint) \(Self.advice())")
        }
        passed.withLock { $0 = true }
    }

    private static func advice() -> String {
        func setting(_ path: String) -> String? {
            (try? String(contentsOfFile: "/proc/sys/" + path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        if setting("kernel/apparmor_restrict_unprivileged_userns") == "1" {
            return """
                AppArmor keeps unprivileged programs from making user namespaces. Allow bubblewrap to, as root: \
                install the profile bwrap-userns-restrict (package apparmor-profiles), or \
                sysctl -w kernel.apparmor_restrict_unprivileged_userns=0
                """
        }
        if setting("kernel/unprivileged_userns_clone") == "0" {
            return "User namespaces are turned off. Turn them on, as root: sysctl -w kernel.unprivileged_userns_clone=1"
        }
        if setting("user/max_user_namespaces") == "0" {
            return "User namespaces are turned off. Turn them on, as root: sysctl -w user.max_user_namespaces=15000"
        }
        return "In a container, start it so that user namespaces are allowed, or run SAM on the host itself."
    }
}
