import ControlPlane
import Foundation
import Logging
import Wording
import Workspaces

/// A server whose workspaces live on another machine: `sam serve`, with ``OtherMachine`` in place of this machine.
///
/// Its arguments are the machine's folder, the port of the listener for workspaces elsewhere, and that listener's certificate and key.
@main
struct Elsewhere {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5, let port = Int(arguments[2]) else {
            FileHandle.standardError.write(Data("sam-elsewhere FOLDER PORT CERTIFICATE KEY\n".utf8))
            exit(2)
        }
        LoggingSystem.bootstrap { VisibleLogHandler(StreamLogHandler.standardError(label: $0)) }
        var options = Server.Options()
        options.port = 0
        options.remote = .init(host: "127.0.0.1", port: port, certificate: arguments[3], key: arguments[4])
        let home = Home(environment: ProcessInfo.processInfo.environment)
        let server = Server(home: home, options: options, metrics: .bootstrap(), logger: Logger(label: "sam")) { home, logger in
            try OtherMachine(
                folder: arguments[1], server: home, address: "https://127.0.0.1:\(port)", certificate: arguments[3], logger: logger)
        }
        try await server.run { _ in }
    }
}
