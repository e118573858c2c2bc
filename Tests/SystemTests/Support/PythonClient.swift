import AgentProtocol
import Foundation
import Processes
import Testing

/// An official client, in Python: one that knows nothing of SAM.
enum PythonClient: String, CaseIterable, CustomTestStringConvertible {
    case anthropic, openai
    var testDescription: String { rawValue }

    /// What the client makes of scenarios, one after another in one process, as its script tells.
    ///
    /// - Parameters:
    ///   - scenarios: with a number after a colon, in a conversation that has so many answers already.
    ///   - provider: behind which of the gateway's paths.
    func play(
        _ scenarios: [String], at provider: String = "rehearsal", with key: String, _ sam: SamFixture,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [JSONValue] {
        // The one client appends the version of the API to the address and the other expects it there.
        let address = "\(try sam.address())/gateway/\(provider)\(self == .openai ? "/v1" : "")"
        let output = try await Command(
            try Self.interpreter(sourceLocation), [script, address] + scenarios,
            environment: ["GATEWAY_KEY": key, "PATH": "/usr/bin:/bin", "HOME": sam.scratch, "PYTHONDONTWRITEBYTECODE": "1"],
            workingDirectory: sam.scratch
        ).run(timeout: .seconds(120))
        #expect(output.termination == .exited(0), "\(self): \(output.standardError)", sourceLocation: sourceLocation)
        let results = try output.text.split(separator: "\n").map { try JSONLine.decode(JSONValue.self, from: String($0)) }
        try #require(results.count == scenarios.count, sourceLocation: sourceLocation)
        return results
    }

    private var script: String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Clients/\(rawValue)_client.py").path(percentEncoded: false)
    }

    /// The Python that has the clients.
    private static func interpreter(_ sourceLocation: SourceLocation) throws -> String {
        let environment = ProcessInfo.processInfo.environment
        let path = environment["SAM_TEST_PYTHON"] ?? (environment["HOME"] ?? "") + "/.cache/sam/clients/bin/python"
        try #require(
            FileManager.default.isExecutableFile(atPath: path),
            "The official Python clients are not installed: there is no \(path). Run `make test`, which installs them.",
            sourceLocation: sourceLocation)
        return path
    }
}
