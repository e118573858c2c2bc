import ArgumentParser
import ControlPlane
import Foundation
import Logging
import Wording
import Workspaces

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the API and run sessions until stopped.",
        discussion: """
            Agents keep running when the server stops, and the next start reconnects to them. `sam stop` stops it, from anywhere. An \
            address other than this machine's own is reached over plain HTTP: put a proxy with TLS before it.

            EXAMPLES
              sam serve
              sam serve --port 8080
              SAM_HOME=/srv/sam sam serve --host 0.0.0.0
              sudo sam serve --user sam
              sam serve --remote 0.0.0.0:7261 --certificate chain.pem --key key.pem
            """)

    static let usualPort = 7_260

    @Option(help: "The port to listen on. 0 takes any free one.")
    var port = Self.usualPort

    @Option(help: "The address to listen on, or a name of this machine.")
    var host = "127.0.0.1"

    @Option(help: "Become this user, as root, before anything is read or written. SAM's home is then that user's.")
    var user: String?

    @Option(help: "End after this many seconds without a request or a running session.")
    var idleExit: Int?

    @Option(help: ArgumentHelp("Listen with TLS for workspaces on other machines.", valueName: "address:port"))
    var remote: RemoteAddress?

    @Option(help: "The file of the certificate that is shown there, in PEM, with those above it.")
    var certificate: String?

    @Option(help: "The file of the certificate's key, in PEM.")
    var key: String?

    @Flag(name: .shortAndLong, help: "Log what happens in detail.")
    var verbose = false

    func validate() throws {
        guard !host.isEmpty else { throw ValidationError("--host is empty. It takes an address of this machine, or a name of it.") }
        guard (0...65_535).contains(port) else { throw ValidationError("A port is a number from 0 to 65535.") }
        if let idleExit, idleExit < 1 { throw ValidationError("--idle-exit takes a number of seconds, at least 1.") }
        for (option, path) in [("certificate", certificate), ("key", key)] where path?.isEmpty == true {
            throw ValidationError("--\(option) is empty. It takes the path of a file in PEM.")
        }
        guard (remote == nil) == (certificate == nil), (remote == nil) == (key == nil) else {
            throw ValidationError("--remote, --certificate and --key belong together.")
        }
    }

    func run() async throws {
        if let user { try ServeAs.begin(user) }
        if geteuid() == 0 { Terminal.warn("! \(RunningAsRoot.risk). \(RunningAsRoot.remedy)") }
        let level: Logger.Level = verbose ? .debug : .info
        LoggingSystem.bootstrap { label in
            var handler = VisibleLogHandler(StreamLogHandler.standardError(label: label))
            handler.logLevel = level
            return handler
        }
        var options = Server.Options()
        options.host = host
        options.port = port
        options.idleLimit = idleExit.map { .seconds($0) }
        if let remote, let certificate, let key {
            options.remote = .init(host: remote.host, port: remote.port, certificate: certificate, key: key)
        }
        let server = Server(
            home: Home(environment: ProcessInfo.processInfo.environment), options: options, metrics: .bootstrap(),
            logger: Logger(label: "sam"))
        try await server.run { [options] view in
            Terminal.line("SAM \(view.version) serves \(view.url), with its state in \(view.home ?? "?")")
            if !["127.0.0.1", "::1", "localhost"].contains(options.host) {
                Terminal.warn(
                    "! \(options.host) is reached over plain HTTP: who is on the way can read tokens and keys. Put a proxy with TLS before it."
                )
            }
            if let remote = view.remote { Terminal.line("Workspaces elsewhere reach it at \(remote)") }
            Terminal.line("Stop it with Ctrl-C, or sam stop. Running sessions continue without it.")
        }
    }
}
