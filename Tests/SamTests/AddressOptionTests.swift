import API
import ArgumentParser
import Testing

@testable import sam

@Suite("Addresses that a person gives the command line")
struct AddressOptionTests {
    @Test(
        "An address to listen on has a host and a port, 0 for any",
        arguments: [
            ("0.0.0.0:7261", "0.0.0.0", 7_261), ("[::]:7261", "::", 7_261), ("[::]:0", "::", 0), ("127.0.0.1:0", "127.0.0.1", 0),
            ("host.example:65535", "host.example", 65_535),
        ])
    func listening(_ text: String, _ host: String, _ port: Int) throws {
        let address = try #require(RemoteAddress(argument: text))
        #expect(address.host == host && address.port == port)
    }

    @Test(
        "An address to listen on with an invalid port is refused",
        arguments: [
            "0.0.0.0", "0.0.0.0:", ":7261", "0.0.0.0:99999", "0.0.0.0:65536", "0.0.0.0:-1", "0.0.0.0:+7261", "0.0.0.0:07261", "0.0.0.0:00",
            "0.0.0.0:7261a", "0.0.0.0：7261", "0.0.0.0:７２６１", "::7261", "::", "[::%lo]:7261", "[::]7261", "",
        ])
    func notListening(_ text: String) {
        #expect(RemoteAddress(argument: text) == nil)
    }

    @Test("A port to serve on is a number from 0 to 65535", arguments: ["0", "1", "7260", "65535"])
    func serving(_ port: String) throws {
        #expect(try Serve.parse(["--port", port]).port == Int(port))
    }

    @Test(
        "Another port to serve on is refused", arguments: ["-1", "65536", "99999", "80a", "", "７２６０", "0x50", "8e3", "4294974556", "80.0"])
    func notServing(_ port: String) {
        #expect(throws: (any Error).self) { try Serve.parse(["--port=\(port)"]) }
    }

    @Test(
        "A server with an invalid port is refused, naming the address",
        arguments: [":99999", ":65536", ":0", ":-1", ":+7260", ":07260", ":80a", ":", "：7260", ":７２６０", "%3A7260"])
    func named(_ port: String) throws {
        for host in ["127.0.0.1", "[::1]", "sam.example.org"] {
            let url = "http://\(host)\(port)"
            let failure = #expect(throws: APIClient.Failure.self) { _ = try ServerAddress(url) }
            #expect(failure?.description.contains(url) == true)
        }
    }

    @Test(
        "A server that is named by a whole address is taken",
        arguments: [
            "http://127.0.0.1:7260", "http://127.0.0.1:7260/", "https://sam.example.org", "HTTPS://sam.example.org:65535", "http://[::1]:1",
        ])
    func taken(_ url: String) throws {
        _ = try ServerAddress(url)
    }

    @Test(
        "An address that is not a web address is refused",
        arguments: ["127.0.0.1:7260", "sam.example.org", "ftp://h", "http://", "http:/h", "://h"])
    func noAddress(_ url: String) {
        #expect(throws: APIClient.Failure.self) { _ = try ServerAddress(url) }
    }
}
