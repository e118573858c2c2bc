import AgentProtocol
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

/// Requests made from the API's own description, valid and invalid, by https://schemathesis.readthedocs.io.
@Suite("Thousands of requests made from the API's description")
struct SchemathesisTests {
    enum Person: String, CaseIterable, CustomTestStringConvertible {
        case administrator, member
        var testDescription: String { rawValue }
    }

    @Test(
        "None is answered with an error of the server's or with what is not described, and the server serves on", arguments: Person.allCases
    )
    func described(_ person: Person) async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            let repository = try await sam.repository("fuzzed", files: ["README.md": "# Fuzzed"])
            let project = try #require(try await sam.json("projects", "add", repository, "--name", "fuzzed")["id"]?.string)
            let session = try await sam.start(project: "fuzzed", agent: "scout", "Look around.")
            try await sam.finish(session)
            let member = try await sam.user("plain")
            _ = try await sam.sam("projects", "members", "add", "fuzzed", "plain")
            let token = person == .member ? member : try sam.ownerToken()

            // Real ids, so that requests come further than to 404. What would take the token away is left out.
            try sam.write(
                """
                [[operations]]
                include-path-regex = "^/api/v1/projects/"
                parameters = { "path.id" = "\(project)" }
                [[operations]]
                include-path-regex = "^/api/v1/sessions/"
                exclude-method = "DELETE"
                parameters = { "path.id" = "\(session)" }
                [[operations]]
                include-path-regex = "^/api/v1/(settings|credentials|budgets)"
                parameters = { "query.project" = "\(project)" }
                """, to: "schemathesis.toml")
            let output = try await Command(
                Self.program,
                [
                    "--config-file", sam.scratch + "/schemathesis.toml", "run", "\(try sam.address())/api/openapi.json",
                    "--header", "Authorization: Bearer \(token)", "--phases", "coverage,fuzzing", "--max-examples", "5", "--max-time", "30",
                    "--generation-deterministic", "--continue-on-failure", "--request-timeout", "30", "--no-color",
                    "--exclude-path-regex", "/stream$", "--exclude-operation-id", "revokeToken", "--exclude-operation-id", "disableUser",
                    "--exclude-operation-id", "changeUser",
                    "--checks",
                    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance,unsupported_method,ignored_auth,use_after_free",
                ],
                environment: ["PATH": "/usr/bin:/bin", "HOME": sam.scratch, "PYTHONDONTWRITEBYTECODE": "1"], workingDirectory: sam.scratch
            ).run(timeout: .seconds(240))
            #expect(output.termination == .exited(0), "\(output.text.suffix(6_000))\(output.standardError)")
            let cases = try #require(output.text.firstMatch(of: /(\d+) generated/)).1
            #expect(try #require(Int(cases)) > 500)
            #expect(try await sam.call(.GET, "/api/v1/me", as: token).status == 200)
            #expect(try await sam.call(.GET, "/readyz", as: "").status == 200)
        }
    }

    @Test(
        "A method that a path does not take is refused with those that it takes; one that it takes is not, and neither is there any at an unknown path"
    )
    func methods() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            let address = try sam.address()
            func status(_ method: HTTPMethod, _ path: String) async throws -> (Int, String?) {
                var request = HTTPClientRequest(url: address + path)
                request.method = method
                request.headers.add(name: "authorization", value: "Bearer \(try sam.ownerToken())")
                let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
                return (Int(response.status.code), response.headers.first(name: "allow"))
            }
            #expect(try await status(.TRACE, "/api/v1/projects") == (405, "GET, POST"))
            #expect(try await status(.DELETE, "/api/v1/sessions/s_x/prompts") == (405, "GET, POST"))
            #expect(try await status(.PUT, "/healthz") == (405, "GET"))
            #expect(try await status(.GET, "/api/v1/projects") == (200, nil))
            #expect(try await status(.GET, "/api/v1/nothing") == (404, nil))
            #expect(try await status(.DELETE, "/api/v1/sessions/s_x") == (404, nil))
        }
    }

    /// Beside the providers' own clients, which `make clients` installs.
    private static var program: String {
        let environment = ProcessInfo.processInfo.environment
        let python = environment["SAM_TEST_PYTHON"] ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.cache/sam/clients/bin/python"
        return URL(filePath: python).deletingLastPathComponent().appending(path: "schemathesis").path(percentEncoded: false)
    }
}
