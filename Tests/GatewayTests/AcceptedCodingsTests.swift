import NIOHTTP1
import Testing

@testable import Gateway

@Suite("Which content codings a provider is asked for")
struct AcceptedCodingsTests {
    @Test(
        "What the meter can't read goes, and what is left stays as the client wrote it",
        arguments: [
            ("gzip, deflate, sdch", "gzip, deflate"), ("compress;q=0.5, gzip;q=1.0", "gzip;q=1.0"),
            ("dcb, dcz, br;q=0.9,zstd", "br;q=0.9, zstd"),
            ("gzip , lzma ;q=0.3,  br ; q=0.1", "gzip, br ; q=0.1"), ("exi, identity;q=0.5", "identity;q=0.5"), ("LZMA, GZIP", "GZIP"),
            // Everything else is what the meter reads and the client does not name.
            ("*", "gzip, deflate, br, zstd"), ("*;q=0.5", "gzip;q=0.5, deflate;q=0.5, br;q=0.5, zstd;q=0.5"),
            ("br;q=1.0, gzip;q=0.8, *;q=0.1", "br;q=1.0, gzip;q=0.8, deflate;q=0.1, zstd;q=0.1"),
            ("zstd;q=0, *", "zstd;q=0, gzip, deflate, br"),
            ("gzip,deflate,br,zstd,*", "gzip, deflate, br, zstd"),
            // Nothing is left.
            ("compress", "identity"), ("sdch, lzma;q=0.2", "identity"), ("compress, gzip;q=0", "identity"),
            ("compress, identity;q=0, gzip;q=0.000", "identity"), ("compress, *;q=0", "identity"),
        ])
    func cut(sent: String, kept: String) {
        #expect(AcceptedCodings.lines([sent]) == [kept])
    }

    @Test(
        "What the meter reads goes through byte for byte",
        arguments: [
            "gzip", "gzip, deflate, br, zstd", "gzip,deflate , br;q=0.9", "x-gzip", "GZIP;Q=1", "identity", "identity;q=0", "gzip;q=0", "",
            ",",
            " gzip , ", "*;q=0", "gzip, *;q=0.0",
        ])
    func kept(sent: String) {
        #expect(AcceptedCodings.lines([sent]) == nil)
    }

    @Test("Several lines are one list, and no lines are no list")
    func lines() {
        #expect(AcceptedCodings.lines([]) == nil)
        #expect(AcceptedCodings.lines(["gzip", "br"]) == nil)
        #expect(AcceptedCodings.lines(["gzip, lzma", "compress", "br"]) == ["gzip", "br"])
        #expect(AcceptedCodings.lines(["*", "gzip;q=0.5"]) == ["deflate, br, zstd", "gzip;q=0.5"])
        #expect(AcceptedCodings.lines(["compress", "lzma"]) == ["identity"])
    }

    @Test("The provider gets the list that was cut, and no list where the client sent none")
    func head() {
        func sent(_ headers: HTTPHeaders) -> [String] {
            let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/x", headers: headers)
            return HeaderRules.upstream(head, uri: "/x", host: "h", credentials: [], framing: .none, isAmended: false).headers[
                "accept-encoding"]
        }
        #expect(sent([:]) == [])
        #expect(sent(["Accept-Encoding": "compress, br;q=0.5", "x-a": "b"]) == ["br;q=0.5"])
        #expect(sent(["Accept-Encoding": "gzip,br", "ACCEPT-ENCODING": "zstd"]) == ["gzip,br", "zstd"])
    }
}
