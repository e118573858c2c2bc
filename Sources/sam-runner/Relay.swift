import ArgumentParser
import Foundation
import RunnerKit

/// Provides a workspace on another machine with its session's socket.
struct Relay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Carry a session's socket to a server on another machine.",
        discussion: """
            What connects to the socket reaches over TLS what the session's own socket on the server leads to: the gateway and the way out.
            The token stays outside of the sandbox.

            EXAMPLE
              sam-runner relay --server https://sam.example.org:7261 --token-file token --socket gateway.sock
            """)

    @Option(help: "Where the server listens for workspaces elsewhere (sam serve --remote).")
    var server: RemoteSocket.Server

    @Option(help: "The file with the runner's token, which only its owner can read.")
    var tokenFile: String

    @Option(help: "The Unix socket to make.")
    var socket: String

    @Option(help: "Certificates in PEM that are trusted besides the system's.")
    var trust: String?

    func run() async throws {
        let token = try String(contentsOfFile: tokenFile, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty else { throw ValidationError("There is no token in \(tokenFile).") }
        try await RemoteSocket(path: socket, to: server, token: token, trustRoots: trust).run()
    }
}

extension RemoteSocket.Server: ExpressibleByArgument {
    /// Parses the option's value.
    public init?(argument: String) { self.init(argument) }
}
