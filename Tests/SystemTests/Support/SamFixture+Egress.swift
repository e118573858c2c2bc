import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import Testing

/// What an agent does to get outside, what it may, and what is told of it.
extension SamFixture {
    /// Runs a test's body with a project and a server that stands for the outside, which has a file `hello`.
    static func withOutside<Result>(_ body: (SamFixture, OutsideServer) async throws -> Result) async throws -> Result {
        try await with { sam in
            try sam.write("from outside\n", to: "outside/hello")
            try await sam.project()
            return try await OutsideServer.with(folder: sam.scratch + "/outside") { try await body(sam, $0) }
        }
    }

    /// Says for the platform what agents may reach, and what of it may be private.
    func allow(_ hosts: String..., private privateHosts: [String]) async throws {
        let lists = [("egress.hosts", hosts), ("egress.privateHosts", privateHosts)]
        for (key, list) in lists {
            let output = try await sam("settings", "set", key, list.isEmpty ? "none" : list.joined(separator: ", "), "--scope", "platform")
            try #require(output.termination == .exited(0), "\(output.standardError)")
        }
    }

    /// Lets agents reach a server, and nothing else.
    func allow(_ server: OutsideServer) async throws {
        try await allow(server.authority, private: [server.authority])
    }

    /// Starts a session whose agent is a shell and waits for prompts.
    func shell(project: String = "project", as token: String? = nil) async throws -> String {
        // A server that a command started is gone after a minute without work, and another command starts another.
        _ = try await sam("sessions", "list")
        let reply = try await call(.POST, "/api/v1/sessions", as: token, ["project": .string(project), "agent": "shell"])
        let id = try #require(reply["id"]?.string, "\(reply.text)")
        try await eventually("session \(id) is ready") {
            try await call(.GET, "/api/v1/sessions/\(id)", as: token)["phase"] == "ready"
        }
        return id
    }

    /// What a session's log tells of refusals, in order.
    func refusals(of session: String) async throws -> [String] {
        let log = try await call(.GET, "/api/v1/sessions/\(session)/events?limit=1000")["events"]?.elements ?? []
        return log.filter { $0["kind"] == "note" }.compactMap { $0["payload"]?["text"]?.string }.filter { $0.contains("refused") }
    }

    /// Waits until a session's log tells of so many refusals, and returns them.
    @discardableResult
    func refusals(of session: String, count: Int) async throws -> [String] {
        try await eventually("\(count) refusals are told of") { try await refusals(of: session).count >= count }
        let told = try await refusals(of: session)
        #expect(told.count == count, "\(told)")
        return told
    }

    /// `raw PORT BYTES` sends bytes to one of the sandbox's two ports, with backslashes as `printf` reads them, and prints what comes
    /// back; `tunnel TARGET BYTES` sends them through a tunnel once it stands.
    ///
    /// Both say `(hung)` when the other side doesn't end the connection.
    static let connecting = #"""
        patiently() { { timeout 5 bash -c "$@"; [ $? != 124 ] || echo '(hung)'; } | tr -d '\r'; }
        raw() { patiently 'exec 3<>/dev/tcp/127.0.0.1/$0; printf %b "$1" >&3; exec cat <&3' "$1" "$2"; }
        tunnel() {
            patiently 'exec 3<>/dev/tcp/127.0.0.1/4141
                printf "CONNECT $0 HTTP/1.1\r\nHost: $0\r\n\r\n" >&3
                while read -r line <&3; do echo "$line"; [ ${#line} -gt 1 ] || break; done
                printf %b "$1" >&3; exec cat <&3' "$1" "$2"
        }

        """#
}
