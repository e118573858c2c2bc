import Foundation
import Processes

/// What stands around a program, as a value: from it and a command comes the command that is really run.
///
/// Pure. The paths on the left of a bind are the host's, those on the right the sandbox's.
struct Sandbox: Sendable {
    enum Access: Sendable {
        case readOnly, readWrite
    }

    struct Bind: Sendable {
        var host: String
        var inside: String
        var access: Access
    }

    /// Where things stand inside.
    enum Inside {
        static let workspace = "/workspace"
        static let home = "/home/agent"
        static let sockets = "/run/sam"
        static let gathering = "/gathering"
        static let programs = "/opt/sam"
    }

    /// bubblewrap's path.
    var program: String
    var binds: [Bind]
    /// A passwd and a group file of our own: the host's would tell the agent who has accounts here.
    var passwd: String
    var group: String
    /// The file with what ``SystemCallFilter`` keeps a program from.
    var filter: String
    /// The size of the private `/tmp`, in bytes.
    var temporarySpace: Int = 512 << 20

    /// Wraps a command. Its working directory and environment are those inside. It is to be started, not run: it needs its
    /// ``Command/openFile``.
    func wrap(_ command: Command) -> Command {
        var arguments = [
            "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup",
            "--disable-userns", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL",
            "--die-with-parent", "--new-session", "--hostname", "sam", "--seccomp", "3",
        ]
        arguments += ["--ro-bind", "/usr", "/usr"]
        for folder in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
            arguments += Self.systemFolder("/\(folder)")
        }
        for file in [
            "/etc/alternatives", "/etc/ca-certificates", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
            "/etc/chromium.d", "/etc/fonts", "/etc/localtime", "/etc/mime.types", "/etc/nsswitch.conf", "/etc/ssl/certs",
            "/etc/ssl/openssl.cnf",
        ] + Self.javaSettings() {
            arguments += ["--ro-bind-try", file, file]
        }
        arguments += ["--ro-bind", passwd, "/etc/passwd", "--ro-bind", group, "/etc/group"]
        arguments += ["--proc", "/proc", "--dev", "/dev", "--size", String(temporarySpace), "--tmpfs", "/tmp"]
        // Where SAM runs as root, the agent's files are root's to the kernel, and so would its settings be.
        arguments += ["--ro-bind", "/proc/sys", "/proc/sys"]
        for file in ["/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/mtrr"] {
            arguments += ["--ro-bind-try", file, file]
        }
        for bind in binds {
            arguments += [bind.access == .readOnly ? "--ro-bind" : "--bind", bind.host, bind.inside]
        }
        // The root itself is a tmpfs of bubblewrap's: nothing may be written there either.
        arguments += ["--remount-ro", "/"]
        arguments += ["--chdir", command.workingDirectory ?? "/", "--", command.executable]
        // bubblewrap hands its own environment on. In arguments everybody on the machine could read it.
        return Command(
            program, arguments + command.arguments, environment: command.environment, workingDirectory: "/", openFile: filter)
    }

    /// Debian keeps what a Java runtime can't start without in `/etc`. Who may manage one remotely, with their passwords, stays outside.
    static func javaSettings(in folder: String = "/etc") -> [String] {
        func names(_ path: String) -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
        return names(folder).filter { $0.hasPrefix("java-") }.flatMap { runtime in
            names("\(folder)/\(runtime)").filter { $0 != "management" }.map { "\(folder)/\(runtime)/\($0)" }
        }
    }

    /// `/bin` and its like are links into `/usr` on most systems and folders of their own on some.
    private static func systemFolder(_ path: String) -> [String] {
        if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) {
            return ["--symlink", target, path]
        }
        return FileManager.default.fileExists(atPath: path) ? ["--ro-bind", path, path] : []
    }
}
