import Foundation
import NIOHTTP1
import Processes
import Testing

@testable import SystemSupport

/// Where an agent must not get, by whatever name it asks. Beside each attack stands a control that succeeds: the same act for a host
/// that is on the list.
@Suite("Attacks on the egress proxy")
struct EgressAttackTests {
    /// Asks for `/hello` plainly and through a tunnel, at each target; a line for each that says what came back.
    ///
    /// The requests are written by hand, for a tool would put an address into another spelling.
    private static func asking(for targets: [String]) -> String {
        let request = #"GET /hello HTTP/1.1\r\nHost: outside\r\nConnection: close\r\n\r\n"#
        return SamFixture.connecting
            + targets.map { target in
                """
                echo "plain \(target) $(raw 4141 'GET http://\(target)/hello HTTP/1.1\\r\\nHost: outside\\r\\n\\r\\n' | tr '\\n' ' ')"
                echo "tunnel \(target) $(tunnel '\(target)' '\(request)' | tr '\\n' ' ')"

                """
            }.joined()
    }

    /// Attacks targets from a session, and checks that only the allowed one is reached.
    private static func attack(_ sam: SamFixture, _ outside: OutsideServer, _ targets: [String], allowed: String) async throws {
        let session = try await sam.shell()
        let said = try await sam.ask(session, asking(for: targets + [allowed])).split(separator: "\n")
        for way in ["plain", "tunnel"] {
            for target in targets {
                let line = try #require(said.first { $0.hasPrefix("\(way) \(target) ") }, "\(said)")
                #expect(line.contains("HTTP/1.1 403 ") && line.contains("x-sam-egress: refused"), "\(line)")
                #expect(!line.contains("from outside"), "\(line)")
            }
            let line = try #require(said.first { $0.hasPrefix("\(way) \(allowed) ") }, "\(said)")
            #expect(line.contains("from outside"), "\(line)")
        }
        #expect(outside.requests.map(\.uri) == ["/hello", "/hello"], "The control's, one each way")
        let told = try await sam.refusals(of: session, count: targets.count)
        for target in targets { #expect(told.count { $0.contains(" \(target)") } == 1, "\(target) is told of once: \(told)") }
    }

    @Test("A host that is not on the list is refused, another port of one that is, and SAM's own")
    func notListed() async throws {
        try await SamFixture.withOutside { sam, outside in
            try await OutsideServer.with(folder: sam.scratch + "/outside") { other in
                let address = try #require(URL(string: try sam.address())?.port)
                // It may be private, but is not on the list.
                try await sam.allow(outside.authority, private: [outside.authority, other.authority, "127.0.0.1:\(address)"])
                try await Self.attack(
                    sam, outside,
                    [
                        other.authority, "127.0.0.1:22", "127.0.0.1:\(address)", "127.0.0.2:\(outside.port)", "localhost:\(outside.port)",
                        "pypi.org:443", "sam.invalid:80",
                    ], allowed: outside.authority)
                #expect(other.requests.isEmpty)
                try await sam.allow(other.authority, private: [other.authority])
                let session = try await sam.shell()
                let reached = try await sam.ask(session, other.hello)
                #expect(reached == "from outside", "It was there all the time")
            }
        }
    }

    @Test("A name on the list that is this machine's is refused, until it is said that it may be")
    func privateName() async throws {
        try await SamFixture.withOutside { sam, outside in
            let name = "localhost:\(outside.port)"
            try await sam.allow(outside.authority, name, private: [outside.authority])
            try await Self.attack(sam, outside, [name], allowed: outside.authority)
            try await sam.allow(outside.authority, name, private: [outside.authority, name])
            let session = try await sam.shell()
            let reached = try await sam.ask(session, "curl -sS --noproxy '' http://\(name)/hello")
            #expect(reached == "from outside")
            #expect(outside.requests.last?.headers["host"] == [name])
        }
    }

    @Test("An address of this machine that is on the list is refused in whatever spelling")
    func spellings() async throws {
        try await SamFixture.withOutside { sam, outside in
            let targets = [
                "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1", "127.0.0.2", "0", "0.0.0.0",
                "[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
                "[2002:7f00:1::]",
            ].map { "\($0):\(outside.port)" }
            let output = try await sam.sam(
                "settings", "set", "egress.hosts", (targets + [outside.authority]).joined(separator: ", "), "--scope", "platform")
            try #require(output.text.contains(targets[0]), "\(output.standardError)")
            _ = try await sam.sam("settings", "set", "egress.privateHosts", outside.authority)
            try await Self.attack(sam, outside, targets, allowed: outside.authority)
        }
    }

    @Test("A private, link-local or special address that is on the list is refused")
    func privateAddresses() async throws {
        try await SamFixture.withOutside { sam, outside in
            let hosts = [
                "169.254.169.254", "169.254.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1", "100.64.0.1", "224.0.0.1",
                "255.255.255.255", "192.0.2.1", "2852039166", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]",
                "[::ffff:169.254.169.254]", "[::ffff:10.0.0.1]", "[64:ff9b::a9fe:a9fe]",
            ]
            let list = (hosts + [outside.authority]).joined(separator: ", ")
            try #require(try await sam.sam("settings", "set", "egress.hosts", list, "--scope", "platform").text.contains("[fe80::1]"))
            _ = try await sam.sam("settings", "set", "egress.privateHosts", outside.authority)
            try await Self.attack(sam, outside, hosts.map { "\($0):80" }, allowed: outside.authority)
        }
    }

    @Test("The gateway's port is no other way out: what is refused on the second is refused on the first")
    func gatewayPort() async throws {
        try await SamFixture.withOutside { sam, outside in
            let session = try await sam.shell()
            let script = """
                \(SamFixture.connecting)
                raw 4140 'CONNECT \(outside.authority) HTTP/1.1\\r\\nHost: outside\\r\\nConnection: close\\r\\n\\r\\n' | head -n 1
                raw 4140 'GET http://\(outside.authority)/first HTTP/1.1\\r\\nHost: outside\\r\\nConnection: close\\r\\n\\r\\n' | head -n 1
                curl -sS --noproxy '' -x http://127.0.0.1:4140 http://\(outside.authority)/second -o /dev/null
                curl -sS --noproxy '' -p -x http://127.0.0.1:4140 http://\(outside.authority)/third -o /dev/null
                \(outside.hello)
                """
            let refused = try await sam.ask(session, script)
            #expect(outside.requests.isEmpty && !refused.contains("HTTP/1.1 200"), "\(refused)")
            try await sam.allow(outside)
            let allowed = try await sam.ask(session, script)
            #expect(allowed.hasSuffix("from outside"), "\(allowed)")
            #expect(outside.requests.last?.uri == "/hello")
        }
    }

    @Test("Without the proxy nothing is reached, whatever is on the list")
    func direct() async throws {
        try await SamFixture.withOutside { sam, outside in
            try await sam.allow(outside)
            let session = try await sam.shell()
            let said = try await sam.ask(
                session,
                """
                curl -sS --noproxy '*' -m 5 http://\(outside.authority)/direct; echo "curl $?"
                curl -sS --noproxy '*' -m 5 http://1.1.1.1/; echo "curl $?"
                curl -sS --noproxy '*' -m 5 http://pypi.org/; echo "curl $?"
                \(outside.hello); echo "curl $?"
                """)
            let codes = said.split(separator: "\n").filter { $0.hasPrefix("curl ") && !$0.hasPrefix("curl: ") }
            #expect(codes == ["curl 7", "curl 7", "curl 6", "curl 0"], "\(said)")
            #expect(outside.requests.map(\.uri) == ["/hello"])
        }
    }
}
