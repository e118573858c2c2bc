/// The paths of an attempt on the machine that runs it. They are chosen there, and no other machine reads them.
public struct RunnerPlace: Sendable, Hashable, Codable {
    /// The Unix socket on which the control plane listens for runners.
    public var controlSocket: String
    /// The control plane's address for other machines, where it is not on this one; `nil` where the control socket leads to it.
    public var server: Server?
    /// The folder with this attempt's spool and lock.
    public var folder: String
    /// The session's workspace.
    public var workspace: String
    /// The agent's home.
    public var home: String
    /// The folder with the objects that the workspace shares. Its path is the same in the sandbox.
    public var objects: String
    /// The folder with the session's own socket, the only one that the sandbox shows.
    public var sockets: String
    /// The folder with the files that all sandboxes of the machine share.
    public var sandboxFiles: String
    /// The folder with SAM's own programs.
    public var programs: String
    /// The path of bubblewrap.
    public var bubblewrap: String
    /// The path of the agent's program.
    public var executable: String

    /// A control plane on another machine.
    public struct Server: Sendable, Hashable, Codable {
        /// Its address, such as `https://sam.example.org:7261`.
        public var address: String
        /// The path of a PEM file with certificates to trust in addition to the system's.
        public var trustRoots: String?

        /// Creates an address.
        public init(address: String, trustRoots: String? = nil) {
            self.address = address
            self.trustRoots = trustRoots
        }
    }

    /// The address of a control plane can't be used.
    public struct InvalidServer: Error, Sendable, CustomStringConvertible {
        /// The address.
        public var address: String

        /// Creates an error.
        public init(address: String) { self.address = address }

        /// The cause and the next step.
        public var description: String { "“\(address)” is no address of a server: give one like https://sam.example.org:7261." }
    }

    /// Creates a description of a place.
    public init(
        controlSocket: String, folder: String, workspace: String, home: String, objects: String, sockets: String, sandboxFiles: String,
        programs: String, bubblewrap: String, executable: String, server: Server? = nil
    ) {
        self.server = server
        self.controlSocket = controlSocket
        self.folder = folder
        self.workspace = workspace
        self.home = home
        self.objects = objects
        self.sockets = sockets
        self.sandboxFiles = sandboxFiles
        self.programs = programs
        self.bubblewrap = bubblewrap
        self.executable = executable
    }

    /// The lock file that a running runner holds. The kernel releases the lock when the runner ends for any reason.
    public static func lockPath(in folder: String) -> String { folder + "/lock" }
    /// The session's own socket, in the folder that the sandbox shows.
    public static func gatewaySocketPath(in sockets: String) -> String { sockets + "/gateway.sock" }
    /// The runner's saved events, one per line.
    public static func spoolPath(in folder: String) -> String { folder + "/events.jsonl" }
    /// The file from which a runner of this machine starts: a ``RunnerStart``.
    public static func startPath(in folder: String) -> String { folder + "/runner.json" }
    /// The runner's own log.
    public static func logPath(in folder: String) -> String { folder + "/runner.log" }
}
