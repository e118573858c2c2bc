import Testing

@testable import Gateway

@Suite("What a request asks for")
struct RequestTargetTests {
    @Test(
        "Path and query are told apart at the first question mark, byte for byte",
        arguments: [
            ("/v1/messages?beta=true", "/v1/messages", "beta=true"),
            ("/v1/messages", "/v1/messages", nil),
            ("/v1/messages?", "/v1/messages", ""),
            ("/v1/a?b=c?d&e=/f", "/v1/a", "b=c?d&e=/f"),
            ("/v1beta/models/gemini:streamGenerateContent?alt=sse", "/v1beta/models/gemini:streamGenerateContent", "alt=sse"),
            ("/a%2Fb//c?x=%20+", "/a%2Fb//c", "x=%20+"),
        ] as [(String, String, String?)])
    func parts(uri: String, path: String, query: String?) {
        let target = RequestTarget(uri)
        #expect(target.path == path)
        #expect(target.query.map(String.init) == query)
    }

    @Test(
        "A key is found and taken out, and the text around it stays unchanged, in its order",
        arguments: [
            // First, in the middle, last, and alone.
            ("/m?key=K&alt=sse&b=2", "K", "/m?alt=sse&b=2"),
            ("/m?alt=sse&key=K&b=2", "K", "/m?alt=sse&b=2"),
            ("/m?alt=sse&b=2&key=K", "K", "/m?alt=sse&b=2"),
            ("/m?key=K", "K", "/m"),
            // Nothing is decoded, sorted or tidied up on the way.
            ("/m?z=%2F+%20&key=K&a=é&z=1", "K", "/m?z=%2F+%20&a=é&z=1"),
            ("/m?a=b?c&key=K", "K", "/m?a=b?c"),
            ("/m%3Fkey=x?key=K&e=", "K", "/m%3Fkey=x?e="),
            ("/m?key=a=b&c=d", "a=b", "/m?c=d"),
            // Its neighbours' names only look like it.
            ("/m?xkey=1&key=K&keys=2", "K", "/m?xkey=1&keys=2"),
        ])
    func key(uri: String, key: String, rest: String) {
        let target = RequestTarget(uri)
        #expect(target.key.map(String.init) == key)
        #expect(target.withoutKey == rest)
    }

    @Test(
        "A target without a key stays as it is",
        arguments: [
            "/m", "/m?", "/m?alt=sse", "/m?xkey=K", "/m?Key=K", "/m?KEY=K", "/m?keys=K", "/m?key2=K", "/m?a=key=K", "/key=K", "/key=K?a=1",
            "/m?a=1&b=2&a=1", "/m?a=%26key=K",
        ])
    func noKey(uri: String) {
        let target = RequestTarget(uri)
        #expect(target.key == nil)
        #expect(target.withoutKey == uri)
    }

    @Test("An empty key is removed, too")
    func emptyKey() {
        let target = RequestTarget("/m?key=&alt=sse")
        #expect((target.key ?? "").isEmpty)
        #expect(target.withoutKey == "/m?alt=sse")
    }

    @Test("Who writes a key twice leaves none behind: it would end up in the provider's logs")
    func twoKeys() {
        let target = RequestTarget("/m?key=K1&alt=sse&key=K2")
        #expect(target.withoutKey == "/m?alt=sse")
    }

    @Test(
        "A path that climbs is known, however its dots are written",
        arguments: [
            "/..", "/.", "/../", "/./", "/v1/..", "/v1/.", "/v1/../admin", "/v1/./admin", "/v1/../../x?y=z", "/../v1",
            "/v1/%2e%2e/x", "/v1/%2E%2E/x", "/v1/%2e%2E/x", "/v1/%2E%2e", "/v1/.%2e/x", "/v1/%2E./x", "/v1/%2e/x", "/v1/%2E",
            "/v1//../x", "/v1/..?a=b",
        ])
    func climbing(uri: String) {
        #expect(RequestTarget(uri).climbs)
    }

    // Many a server, and every parser after https://url.spec.whatwg.org, takes a backslash for a slash.
    @Test(
        "A backslash parts segments too",
        arguments: [#"/v1/..\admin"#, #"/v1\..\admin"#, #"/v1\.."#, #"/v1\%2e%2e/admin"#, #"/v1/.\x"#])
    func backslashes(uri: String) {
        #expect(RequestTarget(uri).climbs)
    }

    @Test(
        "Dots that lead nowhere are fine",
        arguments: [
            "/", "/v1/messages", "/a..b", "/v1/a..b/c", "/v1/...", "/v1/..../x", "/v1/a.", "/v1/a..", "/v1/..a", "/.well-known/x",
            "/v1/models/gpt-4.1", "/v1/models/gpt-4.1.", "/v1/%2e%2e%2e/x", "/v1/a%2e%2e", "/v1/%2e%2ea", "/v1/x?file=../../etc",
            "/v1/x?a=/../", "/v1//x",
        ])
    func harmless(uri: String) {
        #expect(!RequestTarget(uri).climbs)
    }

    @Test(
        "A path that servers read in different ways is complained of",
        arguments: [
            "//v1/x", "/v1//chat/completions", "/v1/chat//completions", "/v1/chat/completions/", "/v1/", "//", "/v1/%63hat/completions",
            "/v1/chat/c%6Fmpletions", "/v1/%7Ex", "/v1/x%2D", "/v1/chat/completions;a=b", "/v1;x/chat", #"/v1\chat\completions"#, "/v1/a b",
            "/v1/a\u{1}b", "/v1/a\u{7f}", "/v1/ü", "/v1/%", "/v1/%2", "/v1/%zz", "/v1/%+1", "/v1/%00", "/v1/%0a", "/v1/%5cx", "/v1/%5Cx",
            "/v1/%3Bx", "/v1/%2563hat", "/v1/x%3Fy", "/v1/x%23y", "/v1/x#y", "/v1/\"x\"", "/v1/<x>", "/v1/{id}", "/v1/x|y", "/v1/x^y",
            "/v1/`x`",
            "/v1/../x", "/v1/./x", "/v1/%2e%2e/x", "/v1/x%2F..%2Fy", "v1/x", "",
        ])
    func malformed(uri: String) {
        #expect(RequestTarget(uri).complaint != nil)
    }

    @Test(
        "A path that all read in one way is not, and its query is its own affair",
        arguments: [
            "/", "/v1/chat/completions", "/v1/messages?beta=true", "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
            "/v1beta/models/tunedModels%2Fx:generateContent", "/v1/models/ft:gpt-4.1:org::id", "/v1/models/meta-llama%2FLlama-3",
            "/v1/a%20b",
            "/v1/models/a@20260401", "/v1/x/!$&'()*+,=-._~", "/v1/%C3%BC", "/v1/x?a=//b;c\\%63", "/v1/models/g%3AgenerateContent",
            "/.well-known/x",
        ])
    func wellFormed(uri: String) {
        #expect(RequestTarget(uri).complaint == nil)
    }

    @Test(
        "The model that a path of Google's names",
        arguments: [
            ("/v1beta/models/gemini-2.5-pro:generateContent", "gemini-2.5-pro"), ("/v1beta/models/llama3:8b:generateContent", "llama3:8b"),
            ("/v1beta/models/tunedModels%2Fx:generateContent", "tunedModels/x"), ("/v1beta/models/x", nil), ("/v1/chat/completions", nil),
        ] as [(String, String?)])
    func model(uri: String, model: String?) {
        #expect(RequestTarget(uri).model == model)
    }
}
