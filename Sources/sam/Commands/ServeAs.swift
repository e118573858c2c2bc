import Foundation
import Processes
import Sandbox

/// `sam serve --user NAME`: root changes to that user before anything of SAM's is read or written.
struct ServeAs {
    /// The reason for a refusal, with the next step.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// The action to take.
    enum Step: Equatable {
        /// This process is that user already.
        case stay
        case become(UnixUser)
    }

    /// Decides on the action.
    ///
    /// - Parameters:
    ///   - user: the user of that name, if there is one.
    ///   - me: the user id of this process.
    /// - Throws: ``Failure``.
    static func step(_ name: String, _ user: UnixUser?, me: uid_t) throws(Failure) -> Step {
        guard let user else {
            throw Failure(
                description: """
                    There is no user “\(name)” on this machine. Make one, as root: \
                    useradd --system --create-home --shell /usr/sbin/nologin NAME
                    """)
        }
        if user.id == me { return .stay }
        guard me == 0 else {
            throw Failure(
                description: "Only root can serve as \(name), and this is \(UnixUser.name(of: me)). Leave --user out, or run this as root.")
        }
        return .become(user)
    }

    /// The environment for a program of this user: without variables that name root's folders and sockets.
    static func environment(of user: UnixUser, from environment: [String: String]) -> [String: String] {
        let rootsOwn = ["MAIL", "OLDPWD", "PWD", "DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK", "SSH_AGENT_PID", "GNUPGHOME"]
        var own = environment.filter { name, _ in
            !rootsOwn.contains(name) && !name.hasPrefix("XDG_") && !name.hasPrefix("SUDO_")
        }
        own["HOME"] = user.home
        own["USER"] = user.name
        own["LOGNAME"] = user.name
        own["SHELL"] = user.shell
        return own
    }

    /// Becomes the user and executes this program again with the same arguments, so that no thread, descriptor or memory of root's is
    /// passed on. Returns only if this process is that user already.
    ///
    /// - Throws: ``Failure``; `ProcessError`.
    static func begin(_ name: String) throws {
        guard case .become(let user) = try step(name, UnixUser(named: name), me: geteuid()) else { return }
        GroupDelegation.delegate(to: user)
        closeAtExec()
        try user.become()
        let program = Command(
            Program.ownFolder + "/sam", Array(CommandLine.arguments.dropFirst()),
            environment: environment(of: user, from: ProcessInfo.processInfo.environment),
            workingDirectory: access(".", X_OK) == 0 ? nil : "/")
        let failure = program.replaceThisProcess()
        throw Failure(
            description: """
                \(user.name) can't run SAM: \(failure) Put SAM's programs where that user can read and run them, in /opt/sam for \
                example, and name that sam.
                """)
    }

    private static func closeAtExec() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
            if let descriptor = CInt(name), descriptor > 2 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        }
    }
}
