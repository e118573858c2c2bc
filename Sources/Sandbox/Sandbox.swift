import Foundation
import Processes

/// A sandbox as a value: it turns a command into the bubblewrap command that runs it.
///
/// Pure. In a bind, `host` is a path of the host and `inside` one of the sandbox.
public struct Sandbox: Sendable {
    /// Whether what is bound can be written.
    public enum Access: Sendable {
        /// It can only be read.
        case readOnly
        /// It can be read and written.
        case readWrite
    }

    /// A file or folder of the host that is visible inside.
    public struct Bind: Sendable {
        /// Its path on the host.
        public var host: String
        /// Its path inside.
        public var inside: String
        /// Whether it can be written.
        public var access: Access

        /// Creates a bind.
        public init(host: String, inside: String, access: Access) {
            self.host = host
            self.inside = inside
            self.access = access
        }
    }

    /// Paths inside the sandbox.
    public enum Inside {
        /// The workspace.
        public static let workspace = "/workspace"
        /// The agent's home.
        public static let home = "/home/agent"
        /// The folder with the session's socket.
        public static let sockets = "/run/sam"
        /// The working folder of a gatherer.
        public static let gathering = "/gathering"
        /// SAM's own programs.
        public static let programs = "/opt/sam"
        /// The loopback port that leads to SAM's gateway.
        public static let gatewayPort = 4140
        /// The loopback port that leads to the egress proxy.
        public static let egressPort = 4141
    }

    /// bubblewrap's path.
    public var program: String
    /// What is visible besides the system's folders.
    public var binds: [Bind]
    /// The replacement of `/etc/passwd`: the host's would tell the agent who has accounts here.
    public var passwd: String
    /// The replacement of `/etc/group`.
    public var group: String
    /// The file with the filter that ``SystemCallFilter`` makes.
    public var filter: String
    /// The size of the private `/tmp`, in bytes.
    var temporarySpace: Int = 512 << 20

    /// Creates a sandbox.
    public init(program: String, binds: [Bind], passwd: String, group: String, filter: String) {
        self.program = program
        self.binds = binds
        self.passwd = passwd
        self.group = group
        self.filter = filter
    }

    /// Creates a sandbox with the machine's shared files.
    public init(program: String, binds: [Bind], files: SandboxFiles) {
        self.init(program: program, binds: binds, passwd: files.passwd, group: files.group, filter: files.filter)
    }

    /// Wraps a command. Its working directory and environment are those inside. The result has a ``Command/openFile``, so it can be
    /// spawned, but not passed to `run` without ``Command/entered(by:joining:)``.
    public func wrap(_ command: Command) -> Command {
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
        // When SAM runs as root, the agent is root to the kernel and could change the kernel's settings.
        arguments += ["--ro-bind", "/proc/sys", "/proc/sys"]
        for file in ["/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/mtrr"] {
            arguments += ["--ro-bind-try", file, file]
        }
        for bind in binds {
            arguments += [bind.access == .readOnly ? "--ro-bind" : "--bind", bind.host, bind.inside]
        }
        // The root is a tmpfs of bubblewrap's, which must not be writable either.
        arguments += ["--remount-ro", "/"]
        arguments += ["--chdir", command.workingDirectory ?? "/", "--", command.executable]
        // bubblewrap passes its own environment on. In arguments every user of the machine could read it.
        return Command(
            program, arguments + command.arguments, environment: command.environment, workingDirectory: "/", openFile: filter)
    }

    /// Debian keeps settings that a Java runtime can't start without in `/etc`. The folder with users and passwords of remote management is
    /// left out.
    static func javaSettings(in folder: String = "/etc") -> [String] {
        func names(_ path: String) -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
        return names(folder).filter { $0.hasPrefix("java-") }.flatMap { runtime in
            names("\(folder)/\(runtime)").filter { $0 != "management" }.map { "\(folder)/\(runtime)/\($0)" }
        }
    }

    /// `/bin` and similar folders are links into `/usr` on most systems, and real folders on some.
    private static func systemFolder(_ path: String) -> [String] {
        if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) {
            return ["--symlink", target, path]
        }
        return FileManager.default.fileExists(atPath: path) ? ["--ro-bind", path, path] : []
    }
}
