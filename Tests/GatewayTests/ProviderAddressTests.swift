import Credentials
import Metering
import Testing

@testable import Gateway

@Suite("A provider's address, as a person writes it")
struct ProviderAddressTests {
    private static let house = Provider(rawValue: "custom-house")

    /// What stands after a host and is no port: none of these may become another one.
    private static let noPorts = [
        ":99999", ":65536", ":65979", ":0", ":-1", ":+443", ":0443", ":80a", ":", "：443", ":４４３", ":%34%34%33", "%3A443", ":443:443",
        ":4294967739", ":18446744073709552059", ":443%00", ": 443", ":0x1bb",
    ]

    private func endpoint(_ url: String, _ provider: Provider? = house) throws -> ProviderEndpoint {
        try ProviderEndpoint(try #require(provider), url: url, dialect: .openai, allowsPrivate: true)
    }

    @Test("One with an invalid port is refused, as a provider's and as its token endpoint's, with a sentence", arguments: noPorts)
    func refused(_ port: String) throws {
        for url in ["https://llm.example.org\(port)/v1", "http://10.0.0.5\(port)", "https://[2001:db8::1]\(port)/v1"] {
            let error = #expect(throws: GatewayError.self, "\(url)") { try endpoint(url) }
            #expect(error?.message.isEmpty == false)
            #expect(throws: GatewayError.self, "\(url)") {
                try ProviderEndpoint(
                    .openaiChatGPT, url: "https://example.org", dialect: .openai, tokenURL: url, allowsPrivate: true)
            }
        }
    }

    @Test(
        "One with a zone, a name in other letters or none at all is refused",
        arguments: [
            "http://[fe80::1%25eth0]:443/v1", "http://[fe80::1%eth0]/v1", "https://llm.exämple.org/v1", "https://llm%2eexample.org",
            "https://",
            "https://:443", "https://?x", "https:///v1", "https://llm.example.org\\@evil.example", "https://llm.example.org :443",
        ])
    func noHost(_ url: String) {
        #expect(throws: GatewayError.self) { try endpoint(url) }
    }

    @Test(
        "One with a space or a control character, encoded or not, is refused; so is one with an empty or malformed label",
        arguments: [
            "https://a.b/v1\0x", "http://a.b/\nv1", "https://a.b/v1 x", "https://a.b/v1\t", " https://a.b/v1", "https://a.b/v1%00",
            "https://a.b/%0Av1", "https://a.b/v1%20x", "https://a.b/v1\u{a0}", "https://a.b/v1\u{85}", "http://.../v1", "http://a..b",
            "http://-a.b", "http://a.b-/v1",
        ])
    func blank(_ url: String) throws {
        #expect(throws: GatewayError.self) { try endpoint(url) }
        #expect(throws: GatewayError.self) {
            try ProviderEndpoint(.openaiChatGPT, url: "https://example.org", dialect: .openai, tokenURL: url, allowsPrivate: true)
        }
        #expect(throws: Never.self) { try endpoint("https://a.b/v1%2Dx") }
    }

    @Test(
        "One with a port, or without, leads exactly there",
        arguments: [
            ("https://llm.example.org/v1", "llm.example.org", 443), ("http://llm.example.org", "llm.example.org", 80),
            ("https://llm.example.org:1/v1", "llm.example.org", 1), ("https://llm.example.org:65535", "llm.example.org", 65_535),
            ("HTTP://10.0.0.5:8443/v1/", "10.0.0.5", 8_443), ("https://[2001:db8::1]:8443/v1", "2001:db8::1", 8_443),
            ("http://[::1]", "::1", 80), ("https://llm.example.org:443/v1", "llm.example.org", 443),
        ])
    func exact(_ url: String, _ host: String, _ port: Int) throws {
        let read = try endpoint(url)
        #expect(read.address.host == host && read.address.port == port)
        #expect(try endpoint(read.url) == read, "What is stored is read as the same")
    }

    @Test(
        "A sentence about an address quotes no password",
        arguments: ["https://u:hunter2@h:99999/", "https://u:hun/ter2@h/", "ftp://u:hunter2@h/"])
    func quoted(_ url: String) {
        let error = #expect(throws: GatewayError.self) { try endpoint(url) }
        #expect(error?.message.contains("hun") == false)
    }

    @Test(
        "What an agent names as a place to go to is a host with a port, or nothing",
        arguments: [
            ("pypi.org:443", "pypi.org", 443), ("pypi.org:1", "pypi.org", 1), ("[::1]:65535", "::1", 65_535),
            ("10.0.0.5:8443", "10.0.0.5", 8_443),
        ])
    func targets(_ authority: String, _ host: String, _ port: Int) throws {
        for target in [EgressTarget(authority: authority), EgressTarget(absolute: "http://\(authority)/x?y")] {
            let target = try #require(target)
            #expect(target.host == host && target.port == port)
        }
        #expect(EgressTarget(authority: host) == nil, "A tunnel has no usual port")
        let usual = try #require(EgressTarget(absolute: "http://\(host.contains(":") ? "[\(host)]" : host)/"))
        #expect(usual.host == host && usual.port == 80)
    }

    @Test("A redirect with an invalid port is refused", arguments: noPorts)
    func noTargets(_ port: String) {
        for host in ["pypi.org", "[::1]", "10.0.0.5"] {
            #expect(EgressTarget(authority: host + port) == nil, "\(host)\(port)")
            #expect(EgressTarget(absolute: "http://\(host)\(port)/x") == nil, "\(host)\(port)")
        }
    }
}
