import AgentProtocol
import Testing

@Suite("A host and a port")
struct HostAndPortTests {
    /// After a host, what is no port.
    static let noPorts = [
        ":", ":0", ":00", ":-1", ":+443", ":0443", ":00443", ":65536", ":65979", ":99999", ":100000", ":4294967739",
        ":18446744073709552059",
        ":443443443443443443443443", ":80a", ":a80", ":0x50", ":8e1", ":80.0", ":8_0", ":8,0", ": 80", ":80 ", ":80\n", ":80\0", ":http",
        ":80:80", "::80", ":٤٤٣", ":４４３", ":४४३", ":4\u{301}43", ":443\u{200b}", ":%34%34%33", ":443%00", ":①",
    ]
    /// What is no host.
    static let noHosts = [
        "", "h：443", "h%3A443", "h%3a443:80", "%68ost", "bücher.example", "руpi.example", "h。example", "h\u{200b}", "h\u{202e}", "h ost",
        "h\t", "u@h", "u:p@h", "h\\x", "h,i", "h;i", "h'i", "(h)", "*", "[h]", "[]", "[:]", "[::1", "::1]", "::1", "2001:db8::1",
        "[::1%lo]",
        "[::1%25lo]", "[fe80::1%eth0]", "[fe80::1%25eth0]:443", "[::1]x", "[[::1]]", "[1:2:3]", "[v1.x]", "[127.0.0.1]",
        String(repeating: "a", count: 254), "...", ".", "a..b", ".a", "a.b..", "-a.b", "a-.b", "a.-b", "a.b-",
        String(repeating: "a", count: 64),
    ]

    @Test(
        "What is both is read exactly",
        arguments: [
            ("h", "h", nil), ("h:1", "h", 1), ("h:9", "h", 9), ("h:80", "h", 80), ("h:443", "h", 443), ("h:7260", "h", 7_260),
            ("h:10000", "h", 10_000), ("h:65535", "h", 65_535), ("LLM.Example.org:8443", "LLM.Example.org", 8_443),
            ("my_host-1.example.", "my_host-1.example.", nil), ("xn--bcher-kva.example:80", "xn--bcher-kva.example", 80),
            ("10.1.2.3:8080", "10.1.2.3", 8_080), ("2130706433", "2130706433", nil), ("a-b.c--d.e", "a-b.c--d.e", nil),
            ("[::1]", "::1", nil), ("[::1]:8443", "::1", 8_443),
            ("[2001:DB8::1]:443", "2001:DB8::1", 443), ("[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1", 80),
        ] as [(String, String, Int?)])
    func read(_ text: String, _ host: String, _ port: Int?) throws {
        let place = try HostAndPort(text)
        #expect(place.host == host && place.port == port)
    }

    @Test("An invalid port is never read as another one", arguments: noPorts)
    func port(_ port: String) {
        for host in ["h", "10.0.0.1", "llm.example.org"] {
            #expect(throws: HostAndPort.Fault.self, "\(host)\(port)") { try HostAndPort(host + port) }
        }
        #expect(throws: HostAndPort.Fault.port, "[::1]\(port)") { try HostAndPort("[::1]" + port) }
    }

    @Test("An invalid host is refused, with a port and without", arguments: noHosts)
    func host(_ host: String) {
        #expect(throws: HostAndPort.Fault.self) { try HostAndPort(host) }
        #expect(throws: HostAndPort.Fault.self) { try HostAndPort(host + ":443") }
    }

    @Test("Every number from 1 to 65535 is a port, and no other up to 140000")
    func numbers() {
        for number in 0...140_000 {
            #expect(HostAndPort.port(Array(String(number).utf8)) == ((1...65_535).contains(number) ? number : nil))
        }
    }

    @Test(
        "A URL's host and port are the text between its scheme and its path, without a user",
        arguments: [
            ("https://h", "h"), ("https://h/", "h"), ("https://h:80/p?q#f", "h:80"), ("https://h?q=a/b", "h"), ("https://h#f", "h"),
            ("https://h\\@evil", "h"), ("https://u:p@h:1/x", "h:1"), ("ssh://git@[::1]:22/r", "[::1]:22"), ("https://a@b@h/x", "h"),
            ("https://", ""), ("https:///x", ""), ("h:80/x", nil), ("", nil),
        ] as [(String, String?)])
    func authority(_ url: String, _ authority: String?) {
        #expect(HostAndPort.authority(of: url).map(String.init) == authority)
    }
}
