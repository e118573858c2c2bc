import ControlPlane
import Foundation
import Processes
import Workspaces

/// Finding a server to talk to, and starting one when none answers.
enum Connection {
    /// Runs a command's body with a client.
    static func with<Result>(_ body: (APIClient) async throws -> Result) async throws -> Result {
        let client = try await open()
        do {
            let result = try await body(client)
            await client.close()
            return result
        } catch {
            await client.close()
            throw error
        }
    }

    private static func open() async throws -> APIClient {
        let environment = ProcessInfo.processInfo.environment
        let home = Home(environment: environment)
        if let url = environment["SAM_URL"], !url.isEmpty {
            let address = try ServerAddress(url)
            return APIClient(address, token: try token(for: address, home, environment))
        }
        try home.create()
        if let client = await answering(home) { return client }
        try await start(home, environment)
        guard let client = await answering(home) else {
            throw notStarted(home)
        }
        return client
    }

    /// The token for a server that was named. This machine's own is sent to this machine only.
    private static func token(for address: ServerAddress, _ home: Home, _ environment: [String: String]) throws -> String? {
        if !address.isHere, !address.isEncrypted {
            Terminal.warn("! \(address.text) is not https: whoever is on the way can read your token and your keys.")
        }
        if let token = environment["SAM_TOKEN"], !token.isEmpty { return token }
        guard address.isHere else {
            throw APIClient.Failure(
                status: nil,
                description: "Set SAM_TOKEN to your token for \(address.text). An administrator there makes one: sam tokens create")
        }
        return (try? String(contentsOfFile: home.tokenFile, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func answering(_ home: Home) async -> APIClient? {
        guard FileLock.isHeld(path: home.serverLock) else { return nil }
        for _ in 0..<200 {
            let client = APIClient(home: home)
            if (try? await client.get("/api/v1/server", as: ServerView.self)) != nil { return client }
            await client.close()
            guard FileLock.isHeld(path: home.serverLock) else { return nil }
            try? await Task.sleep(for: .milliseconds(50))
        }
        return nil
    }

    /// Starts a server for this home that ends by itself when nobody needs it.
    private static func start(_ home: Home, _ environment: [String: String]) async throws {
        try Command(
            Program.ownFolder + "/sam", ["serve", "--port", "0", "--idle-exit", "60"],
            environment: environment.merging(["SAM_HOME": home.path], uniquingKeysWith: { $1 }), workingDirectory: "/"
        ).detach(log: home.serverLog)
        // From its start to its lock is a moment in which nobody can tell it from none.
        for _ in 0..<200 {
            if FileLock.isHeld(path: home.serverLock) {
                // The server says so where nobody looks, in its log.
                if geteuid() == 0 { Terminal.warn("! \(RunningAsRoot.risk). \(RunningAsRoot.remedy)") }
                return
            }
            try? await Task.sleep(for: .milliseconds(25))
        }
        throw notStarted(home)
    }

    private static func notStarted(_ home: Home) -> APIClient.Failure {
        let log = (try? String(contentsOfFile: home.serverLog, encoding: .utf8)) ?? ""
        return APIClient.Failure(
            status: nil, description: "The server could not be started:\n" + log.split(separator: "\n").suffix(5).joined(separator: "\n"))
    }
}
