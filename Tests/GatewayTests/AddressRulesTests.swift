import NIOCore
import Testing

@testable import Gateway

@Suite("Addresses that a key is not sent to")
struct AddressRulesTests {
    private func objection(_ text: String) throws -> String? {
        AddressRules.objection(to: try SocketAddress(ipAddress: text, port: 443))
    }

    // The ranges are from https://www.iana.org/assignments/iana-ipv4-special-registry, each with its first and last address.
    @Test(
        "Something speaks against this machine, private networks and everybody at once",
        arguments: [
            "0.0.0.0", "0.0.0.1", "0.255.255.255", "127.0.0.0", "127.0.0.1", "127.0.0.53", "127.255.255.255",
            "10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255",
            "100.64.0.0", "100.127.255.255", "169.254.0.0", "169.254.255.255", "224.0.0.0", "224.0.0.251", "239.255.255.255",
            "255.255.255.255",
            "::", "::1", "fe80::", "fe80::1", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fc00::", "fc00::1", "fd00::", "fd12:3456::1",
            "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ff00::", "ff02::1", "ff02::fb", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            // Teredo, also around a private address, and the rest of 2001::/23; documentation; discarded.
            "2001::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:0:7f00:1::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "2001:10::1",
            "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::1", "3fff::1", "3fff:fff::", "100::1",
        ])
    func against(address: String) throws {
        let why = try #require(try objection(address))
        #expect(!why.isEmpty)
    }

    // What stands just outside of a range in IPv6 is nobody's today, so only addresses that are somebody's are here.
    @Test(
        "Nothing speaks against the addresses around them, nor against anybody's on the internet",
        arguments: [
            "1.0.0.0", "126.255.255.255", "128.0.0.0", "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
            "192.169.0.0", "100.63.255.255", "100.128.0.0", "169.253.255.255", "169.255.0.0", "223.255.255.255",
            "8.8.8.8", "1.1.1.1", "104.18.6.192", "160.79.104.10", "100.1.2.3", "172.217.16.10", "192.30.255.113",
            "2606:4700::1111", "2001:4860:4860::8888", "2a00:1450:4001:80b::200a", "2607:6bc0::10",
            "2001:200::1", "2001:db7::1",
        ])
    func fine(address: String) throws {
        #expect(try objection(address) == nil)
    }

    @Test(
        "A public address of this machine is its own in every form, and another one is not",
        arguments: ["%", "::ffff:%", "::ffff:0:%", "64:ff9b::%", "2002:HEX::1"])
    func own(form: String) throws {
        for (last, isOwn) in [(4, true), (5, false)] {
            let text = form.replacing("%", with: "8.8.4.\(last)").replacing("HEX", with: "808:40\(last)")
            let why = AddressRules.objection(to: try SocketAddress(ipAddress: text, port: 443)) {
                (try? [SocketAddress(ipAddress: "8.8.4.4", port: 0)]) ?? []
            }
            #expect((why != nil) == isOwn, "\(text): \(why ?? "fine")")
        }
    }

    @Test(
        "An address of IPv4 is the same address however IPv6 wraps it",
        arguments: [
            // Mapped (RFC 4291, 2.5.5.2), behind NAT64 (RFC 6052), and 6to4 (RFC 3056).
            ("::ffff:127.0.0.1", false), ("::ffff:0.0.0.0", false), ("::ffff:10.0.0.1", false), ("::ffff:172.31.255.255", false),
            ("::ffff:172.32.0.0", true), ("::ffff:192.168.1.1", false), ("::ffff:169.254.169.254", false), ("::ffff:a9fe:a9fe", false),
            ("::ffff:100.100.100.200", false), ("::ffff:8.8.8.8", true),
            ("64:ff9b::7f00:1", false), ("64:ff9b::127.0.0.1", false), ("64:ff9b::a00:1", false), ("64:ff9b::a9fe:a9fe", false),
            ("64:ff9b::c0a8:101", false), ("64:ff9b::808:808", true),
            // Translated (RFC 2765), and what networks translate in their own ways (RFC 8215).
            ("::ffff:0:127.0.0.1", false), ("::ffff:0:8.8.8.8", true), ("64:ff9b:1::7f00:1", false), ("64:ff9b:1:808:8:800::", false),
            ("2002:7f00:1::", false), ("2002:7f00:1::1", false), ("2002:a00:1::1", false), ("2002:a9fe:a9fe::", false),
            ("2002:c0a8:101:1::1", false), ("2002:808:808::1", true),
        ])
    func wrapped(address: String, isFine: Bool) throws {
        #expect(try (objection(address) == nil) == isFine)
    }

    @Test(
        "The places where clouds keep metadata are none to send a key to",
        arguments: [
            "169.254.169.254", "169.254.170.2", "fd00:ec2::254",
            // Alibaba's, Oracle's first one, and Azure's, which looks like anybody's.
            "100.100.100.200", "192.0.0.192", "168.63.129.16",
        ])
    func metadata(address: String) throws {
        #expect(try objection(address) != nil)
    }

    @Test("The port changes nothing", arguments: [0, 80, 443, 4_140, 65_535])
    func ports(port: Int) throws {
        #expect(AddressRules.objection(to: try SocketAddress(ipAddress: "127.0.0.1", port: port)) != nil)
        #expect(AddressRules.objection(to: try SocketAddress(ipAddress: "8.8.8.8", port: port)) == nil)
    }

    @Test("A host that spells an address out is that address", arguments: ["127.0.0.1", "8.8.8.8", "::1", "2606:4700::1111", "fe80::1"])
    func literals(host: String) throws {
        let address = try #require(AddressRules.literal(host))
        #expect(address.ipAddress == host)
    }

    @Test("A name is looked up", arguments: ["localhost", "api.anthropic.com", "house", "1.example", "fe80.example", ""])
    func names(host: String) {
        #expect(AddressRules.literal(host) == nil)
    }

    // The resolver of the C library reads these as addresses. To leave them to it is fine, for what it finds is looked at too;
    // to take them for something harmless is not.
    @Test(
        "An address in disguise is not taken for a harmless one",
        arguments: ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "[::1]", "fe80::1%lo", "0", "127.0.0.1."])
    func disguises(host: String) {
        guard let address = AddressRules.literal(host) else { return }
        #expect(AddressRules.objection(to: address) != nil)
    }
}
