import Settings
import Testing

/// What a person may write in a list of hosts, and which hosts are meant by it.
@Suite("A pattern of hosts")
struct HostPatternTests {
    // MARK: - Reading

    @Test(
        "What a person may write is read, and shown in one spelling",
        arguments: [
            ("pypi.org", "pypi.org"), ("PyPI.Org", "pypi.org"), ("pypi.org.", "pypi.org"), ("pypi.org:8443", "pypi.org:8443"),
            ("pypi.org.:8443", "pypi.org:8443"), ("localhost", "localhost"), ("localhost:1", "localhost:1"), ("h:65535", "h:65535"),
            ("*.example.org", "*.example.org"), ("*.Example.org.", "*.example.org"), ("*.example.org:8443", "*.example.org:8443"),
            ("my_host-1.example", "my_host-1.example"), ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("10.1.2.3", "10.1.2.3"), ("10.1.2.3:8080", "10.1.2.3:8080"), ("[::1]", "[::1]"), ("[::1]:8080", "[::1]:8080"),
            ("[2001:DB8::1]", "[2001:db8::1]"), ("[::ffff:127.0.0.1]:80", "[::ffff:127.0.0.1]:80"), ("@repository", "@repository"),
            ("@Repository", "@repository"), (String(repeating: "a", count: 63) + ".org", String(repeating: "a", count: 63) + ".org"),
        ])
    func good(_ text: String, _ shown: String) throws {
        let pattern = try #require(HostPattern(text))
        #expect(pattern.description == shown)
        #expect(HostPattern(shown) == pattern, "What is shown is read as the same")
    }

    @Test(
        "An invalid host is not read",
        arguments: [
            "", " ", ".", "..", ":", ":443", "*", "*.", "*.*", "*.*.org", "a.*.org", "a*.org", "*a.org", "**.org", "pypi..org", ".pypi.org",
            "pypi.org..", "pypi.org:", "pypi.org:0", "pypi.org:65536", "pypi.org:99999", "pypi.org:100000", "pypi.org:-1", "pypi.org:+80",
            "pypi.org:http", "pypi.org:80:80", "pypi.org: 80", "pypi .org", "pypi.org ", " pypi.org", "pypi.org\n", "pypi\0.org",
            "http://pypi.org", "pypi.org/", "pypi.org/simple", "pypi.org?q", "pypi.org#f", "user@pypi.org", "u:p@pypi.org", "::1",
            "2001:db8::1", "[::1", "::1]", "[]", "[:]", "[zz]", "[::1%eth0]", "[::1]x", "*.[::1]", "[pypi.org]", "@", "@repo",
            "*.@repository", "@repository.", "@repository.org", "bücher.example", "руpi.org", "pypi。org", "pypi.org:８０", "10.0.0.0/8",
            "!pypi.org", "pypi.org,crates.io", "%70ypi.org", "pypi\\.org", String(repeating: "a", count: 64) + ".org",
            Array(repeating: "abcdefg", count: 32).joined(separator: "."),
        ])
    func bad(_ text: String) {
        #expect(HostPattern(text) == nil)
    }

    // MARK: - Matching

    @Test(
        "A host is meant under its name, in any case and with a dot at its end, on the web's two ports or the one that is named",
        arguments: [
            ("pypi.org", "pypi.org", 443), ("pypi.org", "pypi.org", 80), ("pypi.org", "PYPI.ORG", 443), ("pypi.org", "pypi.org.", 443),
            ("PyPI.org.", "pypi.org", 80), ("pypi.org:8443", "pypi.org", 8_443), ("pypi.org:443", "pypi.org", 443),
            ("*.example.org", "a.example.org", 443), ("*.example.org", "a.b.example.org", 80), ("*.example.org", "A.Example.ORG.", 443),
            ("*.example.org:8443", "a.example.org", 8_443), ("*.org", "pypi.org", 443), ("10.1.2.3", "10.1.2.3", 80),
            ("[::1]:8080", "::1", 8_080), ("[2001:DB8::1]", "2001:db8::1", 443), ("[2001:db8::1]", "2001:DB8::1", 443),
        ])
    func meant(_ pattern: String, _ host: String, _ port: Int) throws {
        #expect(try #require(HostPattern(pattern)).matches(host, port: port))
    }

    @Test(
        "A host that only looks like one that is meant is not meant",
        arguments: [
            ("pypi.org", "evilpypi.org"), ("pypi.org", "pypi.org.evil.com"), ("pypi.org", "evil.pypi.org"), ("pypi.org", "pypi.orgx"),
            ("pypi.org", "pypi-org"), ("pypi.org", "pypixorg"), ("pypi.org", "pypi.or"), ("pypi.org", "org"), ("pypi.org", ""),
            ("pypi.org", "."), ("pypi.org", "pypi.org.."), ("pypi.org", ".pypi.org"), ("pypi.org", "pypi.org:443"),
            ("pypi.org", "pypi.org/"), ("pypi.org", "evil.com/pypi.org"), ("pypi.org", "pypi.org@evil.com"), ("pypi.org", "u@pypi.org"),
            ("pypi.org", "pypi.org "), ("pypi.org", "pypi.org\0.evil.com"), ("pypi.org", "pypi.org\n"), ("pypi.org", "рypi.org"),
            ("*.example.org", "example.org"), ("*.example.org", "evilexample.org"), ("*.example.org", "a.example.org.evil.com"),
            ("*.example.org", "a.example.com"), ("*.example.org", "a-example.org"), ("*.example.org", "*.example.orgx"),
            ("127.0.0.1", "127.0.0.10"), ("127.0.0.1", "127.1"), ("127.0.0.1", "2130706433"), ("127.0.0.1", "0x7f000001"),
            ("127.0.0.1", "::ffff:127.0.0.1"), ("127.0.0.1", "127.0.0.1.nip.io"), ("[::1]", "::2"), ("[::1]", "1"), ("[::1]", "a::1"),
            ("@repository", "repository"), ("@repository", "pypi.org"), ("@repository", "@repository.org"),
        ])
    func lookalikes(_ pattern: String, _ host: String) throws {
        for port in [80, 443] { #expect(!(try #require(HostPattern(pattern)).matches(host, port: port))) }
    }

    @Test(
        "A port that is not meant is not let through, whatever the name",
        arguments: [
            ("pypi.org", [22, 25, 8_080, 8_443, 444, 0, 65_535]), ("pypi.org:8443", [80, 443, 8_444, 843]), ("pypi.org:443", [80]),
            ("*.org", [22, 8_443]), ("*.org:8443", [80, 443]),
        ])
    func ports(_ pattern: String, _ others: [Int]) throws {
        let pattern = try #require(HostPattern(pattern))
        #expect([80, 443, 8_443].contains { pattern.matches("pypi.org", port: $0) })
        for port in others { #expect(!pattern.matches("pypi.org", port: port), "\(port)") }
    }
}
