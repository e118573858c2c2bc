import AgentProtocol
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

/// Who may say what agents reach: an administrator for all, and a project's owners less of it.
@Suite("Rights over the list of hosts")
struct EgressRightsTests {
    private static let hosts = "/api/v1/settings/egress.hosts"
    private static let privateHosts = "/api/v1/settings/egress.privateHosts"

    private static func body(_ scope: String, _ value: String? = nil) -> JSONValue {
        var body: [String: JSONValue] = ["scope": .string(scope)]
        if scope == "project" { body["project"] = "project" }
        if let value { body["value"] = .string(value) }
        return .object(body)
    }

    @Test("An owner tightens their project's list and can't loosen it, and can't touch the platform's")
    func members() async throws {
        try await SamFixture.withOutside { sam, outside in
            try await OutsideServer.with(folder: sam.scratch + "/outside") { other in
                let kim = try await sam.user("kim")
                try await sam.admit("kim", as: "owner")
                try await sam.allow(outside.authority, private: [outside.authority, other.authority])
                let session = try await sam.shell()
                func reached() async throws -> [Bool] {
                    let before = (outside.requests.count, other.requests.count)
                    _ = try await sam.ask(session, "\(outside.hello); \(other.hello)")
                    return [outside.requests.count > before.0, other.requests.count > before.1]
                }
                #expect(try await reached() == [true, false])

                for (key, scope) in [(Self.hosts, "platform"), (Self.privateHosts, "platform"), (Self.privateHosts, "project")] {
                    for (method, act, value) in [(HTTPMethod.PUT, "", other.authority), (.POST, "/off", nil), (.POST, "/clear", nil)] {
                        let reply = try await sam.call(method, key + act, as: kim, Self.body(scope, value))
                        #expect((400..<500).contains(reply.status), "\(key)\(act) at \(scope): \(reply.text)")
                    }
                }
                #expect(try await reached() == [true, false])

                for (value, expected) in [
                    ("\(outside.authority), \(other.authority)", [true, false]), (other.authority, [false, false]),
                    ("none", [false, false]),
                ] {
                    let reply = try await sam.call(.PUT, Self.hosts, as: kim, Self.body("project", value))
                    #expect(reply.status == 200, "\(reply.text)")
                    #expect(try await reached() == expected, "“\(value)”")
                }
                #expect(try await sam.call(.POST, Self.hosts + "/clear", as: kim, Self.body("project")).status == 200)
                #expect(try await reached() == [true, false])
            }
        }
    }

    @Test("Only members can change a project's list; a user's own list is for their own sessions")
    func strangers() async throws {
        try await SamFixture.withOutside { sam, outside in
            let robin = try await sam.user("robin")
            try await sam.allow(outside)
            let session = try await sam.shell()
            let reply = try await sam.call(.PUT, Self.hosts, as: robin, Self.body("project", "none"))
            #expect([403, 404].contains(reply.status), "\(reply.text)")
            #expect(try await sam.call(.PUT, Self.hosts, as: robin, Self.body("user", "none")).status == 200)
            let reached = try await sam.ask(session, outside.hello)
            #expect(reached == "from outside", "It is another's session")
        }
    }

    @Test(
        "Turned off at any layer nothing is reached from the next request on, and turned on again it is",
        arguments: ["platform", "user", "project"])
    func off(_ scope: String) async throws {
        try await SamFixture.withOutside { sam, outside in
            try await sam.allow(outside)
            let session = try await sam.shell()
            #expect(try await sam.ask(session, outside.hello) == "from outside")
            if scope != "platform" {
                #expect(try await sam.call(.PUT, Self.hosts, Self.body(scope, outside.authority)).status == 200)
            }
            #expect(try await sam.call(.POST, Self.hosts + "/off", Self.body(scope)).status == 200)
            let refused = try await sam.ask(session, "\(outside.hello); curl -sS -p http://pypi.org/; curl -sS https://github.com/")
            #expect(!refused.contains("from outside"), "\(refused)")
            #expect(outside.requests.count == 1)
            let told = try await sam.refusals(of: session, count: 3)
            #expect(told.allSatisfy { $0.contains("not on the list of hosts") })
            #expect(try await sam.call(.POST, Self.hosts + "/on", Self.body(scope)).status == 200)
            #expect(try await sam.ask(session, outside.hello) == "from outside")
        }
    }
}
