import API
import ArgumentParser
import Foundation
import Processes
import Wording
import Workspaces

struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stop the server of this machine. Running sessions continue without it.",
        discussion: """
            It stops the server of the home that SAM_HOME names (~/.sam), also one that a command started by itself. The next command \
            that needs a server starts one, which reconnects to the sessions.

            EXAMPLES
              sam stop
              SAM_HOME=/srv/sam sam stop
            """)

    func run() async throws {
        let home = Home(environment: ProcessInfo.processInfo.environment)
        switch FileLock.standing(path: home.serverLock) {
        case .free: return Terminal.line("No server runs in \(home.path).")
        case .unknown: throw failure("Whether a server runs in \(home.path) can't be seen.")
        case .held: break
        }
        guard let process = FileLock.holder(path: home.serverLock) else {
            throw failure("A server starts or stops in \(home.path) just now. Try again.")
        }
        guard kill(process, SIGTERM) == 0 || errno == ESRCH else {
            throw failure("The server (process \(process)) can't be stopped: \(String(cString: strerror(errno))).")
        }
        let deadline = ContinuousClock.now + .seconds(60)
        try await saying("Waiting for process \(process) to end …") {
            while FileLock.holder(path: home.serverLock) == process {
                guard ContinuousClock.now < deadline else {
                    throw failure("The server (process \(process)) has not ended for a minute. End it with: kill -KILL \(process)")
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        Terminal.line("The server is stopped.")
    }

    private func failure(_ description: String) -> APIClient.Failure { APIClient.Failure(status: nil, description: description) }
}
