import ControlPlane
import Foundation
import NIOCore
import Processes
import Wording
import Workspaces

/// Finds a server, and starts one if none is running.
enum Connection {
    /// Calls the closure with a client.
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

    /// What is wrong with the server of a home, for a person; `nil` when it answers, or when none runs.
    static func trouble(_ home: Home) async -> String? {
        guard FileLock.standing(path: home.serverLock) == .held else { return nil }
        do {
            await (try answering(home, token(home, ProcessInfo.processInfo.environment)))?.close()
            return nil
        } catch let failure as APIClient.Failure {
            return failure.description
        } catch {
            return "its answer can't be read: \(reason(of: error))"
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
        let running = try await saying("Waiting for SAM's server to answer …") { try await answering(home, token(home, environment)) }
        if let running { return running }
        return try await saying("Starting SAM's server …") {
            let begun = try await start(home, environment)
            guard let client = try await answering(home, token(home, environment)) else { throw begun.failure }
            return client
        }
    }

    /// The token for a server that was named. This machine's own is sent to this machine only.
    private static func token(for address: ServerAddress, _ home: Home, _ environment: [String: String]) throws -> APIToken {
        if !address.isHere, !address.isEncrypted {
            Terminal.warn("! \(address.text) is not https: anyone on the network between can read your token and your keys.")
        }
        guard address.isHere || environment["SAM_TOKEN"]?.isEmpty == false else {
            throw APIClient.Failure(
                status: nil,
                description: "Set SAM_TOKEN to your token for \(address.text). An administrator there makes one: sam tokens create")
        }
        return token(home, environment)
    }

    /// A person's own token, or else this machine's.
    private static func token(_ home: Home, _ environment: [String: String]) -> APIToken {
        if let own = environment["SAM_TOKEN"], !own.isEmpty { return APIToken(variable: own) }
        return APIToken(file: home.tokenFile)
    }

    /// A client for the server that runs in a home.
    ///
    /// - Parameter token: read again for each attempt: a server that starts may write another.
    /// - Returns: `nil` when none runs.
    /// - Throws: `APIClient.Failure` when the one that runs does not answer, or does not let the token in.
    private static func answering(_ home: Home, _ token: @autoclosure () -> APIToken) async throws -> APIClient? {
        let deadline = ContinuousClock.now + APIClient.silence
        var wasRefused = false
        while FileLock.isHeld(path: home.serverLock) {
            let client = APIClient(home: home, token: token())
            do {
                _ = try await client.get("/api/v1/server", as: ServerView.self, timeout: .seconds(APIClient.silence.components.seconds))
                return client
            } catch let failure as APIClient.Failure where failure.status == 401 {
                await client.close()
                // The token may have been read before a server that starts has written it.
                if wasRefused { throw failure }
                wasRefused = true
            } catch let error as DecodingError {
                await client.close()
                throw error
            } catch {
                await client.close()
            }
            guard ContinuousClock.now < deadline else {
                if !FileLock.isHeld(path: home.serverLock) { return nil }
                throw silent(home)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        return nil
    }

    /// Starts a server for this home, which exits when it is idle.
    private static func start(_ home: Home, _ environment: [String: String]) async throws -> ServerStart {
        let start = ServerStart(home)
        do {
            try Command(
                Program.ownFolder + "/sam", ["serve", "--port", "0", "--idle-exit", "60"],
                environment: environment.merging(["SAM_HOME": home.path], uniquingKeysWith: { $1 }), workingDirectory: "/"
            ).detach(log: home.serverLog)
        } catch {
            throw start.isDiskFull ? start.failure : error
        }
        // A starting server takes a moment until it holds its lock.
        for _ in 0..<200 {
            if FileLock.isHeld(path: home.serverLock) {
                // The server's own warning is only in its log.
                if geteuid() == 0 { Terminal.warn("! \(RunningAsRoot.risk). \(RunningAsRoot.remedy)") }
                return start
            }
            try? await Task.sleep(for: .milliseconds(25))
        }
        throw start.failure
    }

    private static func silent(_ home: Home) -> APIClient.Failure {
        let process = FileLock.holder(path: home.serverLock)
        return APIClient.Failure(
            status: nil,
            description: """
                The server of \(home.path)\(process.map { " (process \($0))" } ?? "") runs and does not answer. If it is stopped, continue it: \
                kill -CONT \(process.map(String.init) ?? "PROCESS"). If it hangs, end it with kill -KILL; sessions keep running, and the next command starts another.
                """)
    }
}
