import NIOHTTP1
import Testing

@testable import Gateway

@Suite("Tokens of leases")
struct LeaseTokenTests {
    private func find(_ headers: [(String, String)] = [], at uri: String = "/anthropic/v1/messages") -> LeaseToken? {
        LeaseToken(in: HTTPRequestHead(version: .http1_1, method: .POST, uri: uri, headers: HTTPHeaders(headers)))
    }

    @Test("A token is 256 bits behind a prefix, and no two are alike")
    func shape() {
        let tokens = (0..<100).map { _ in LeaseToken() }
        for token in tokens {
            #expect(token.text.hasPrefix(LeaseToken.prefix))
            let digits = token.text.dropFirst(LeaseToken.prefix.count)
            #expect(digits.utf8.count == 64 && digits.allSatisfy(\.isHexDigit))
            #expect(LeaseToken(token.text) == token)
        }
        #expect(Set(tokens).count == tokens.count)
    }

    @Test("What is stored is a hash, from which no token comes back")
    func hash() {
        let token = LeaseToken()
        #expect(token.hash.utf8.count == 64 && token.hash.allSatisfy(\.isHexDigit))
        #expect(!token.text.contains(token.hash) && !token.hash.contains(token.text.dropFirst(LeaseToken.prefix.count)))
        #expect(LeaseToken(token.text)?.hash == token.hash)
        #expect(LeaseToken().hash != token.hash)
        #expect(LeaseToken(token.hash) == nil)
    }

    @Test(
        "It is found wherever a client puts a key",
        arguments: [
            ("Authorization", "Bearer "), ("authorization", "Bearer "), ("AUTHORIZATION", "bearer "), ("Authorization", "BEARER "),
            ("x-api-key", ""), ("X-Api-Key", ""), ("x-goog-api-key", ""), ("X-GOOG-API-KEY", ""),
        ])
    func places(name: String, before: String) {
        let token = LeaseToken()
        #expect(find([("host", "x"), (name, before + token.text), ("accept", "*/*")]) == token)
    }

    @Test(
        "It is found in the address, where Google's clients put it",
        arguments: ["?key=T", "?key=T&alt=sse", "?alt=sse&key=T", "?a=1&key=T&b=2"])
    func address(query: String) {
        let token = LeaseToken()
        #expect(find(at: "/google/v1beta/models" + query.replacing("T", with: token.text)) == token)
    }

    @Test("A provider's own key beside it does not hide it, whichever of them comes first")
    func beside() {
        let token = LeaseToken()
        // Claude Code with both ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN set sends both headers.
        #expect(find([("x-api-key", "sk-ant-api03-abc"), ("authorization", "Bearer \(token.text)")]) == token)
        #expect(find([("authorization", "Bearer sk-ant-oat01-abc"), ("x-api-key", token.text)]) == token)
        #expect(find([("authorization", "Bearer \(token.text)"), ("x-api-key", "sk-ant-api03-abc")]) == token)
        #expect(find([("authorization", "Basic dTpw"), ("x-goog-api-key", token.text)]) == token)
        #expect(find([("x-api-key", "sk-1"), ("x-api-key", token.text)]) == token)
        #expect(find([("authorization", "Bearer sk-1"), ("authorization", "Bearer \(token.text)")]) == token)
        #expect(find([("x-api-key", "sk-1")], at: "/google/v1?key=\(token.text)") == token)
        #expect(find([("x-api-key", token.text)], at: "/google/v1?key=AIzaSyAbc") == token)
        #expect(find([("x-api-key", "")], at: "/google/v1?key=\(token.text)") == token)
    }

    @Test("Of two tokens one counts, and it is always the same")
    func two() {
        let first = LeaseToken()
        let second = LeaseToken()
        let headers = [("x-api-key", first.text), ("authorization", "Bearer \(second.text)")]
        let found = find(headers)
        #expect(found == first || found == second)
        for _ in 0..<10 { #expect(find(headers) == found) }
        #expect(find([("x-api-key", first.text), ("authorization", "Bearer \(first.text)")]) == first)
    }

    static let digits = String(repeating: "0123456789abcdef", count: 4)

    @Test(
        "A text that only resembles a token is refused",
        arguments: [
            "", "sam_lease_", digits, "sam_lease_\(digits.dropLast())", "sam_lease_\(digits)0", "SAM_LEASE_\(digits)",
            "Sam_lease_\(digits)",
            "sam-lease-\(digits)", "sam_lease_\(digits.dropLast())g", "sam_lease_\(digits.dropLast())é", " sam_lease_\(digits)x",
            "x sam_lease_\(digits)", "sk-ant-api03-\(digits)", "sk-proj-\(digits)", "AIzaSy\(digits)", "Bearer ", "null",
        ])
    func strays(text: String) {
        #expect(LeaseToken(text) == nil)
        #expect(find([("x-api-key", text)]) == nil)
        #expect(find([("authorization", "Bearer \(text)")]) == nil)
        #expect(find([("x-goog-api-key", text)]) == nil)
    }

    @Test("It is not looked for where no client puts a key")
    func elsewhere() {
        let token = LeaseToken()
        #expect(find([("cookie", "key=\(token.text)"), ("referer", token.text), ("x-request-id", token.text)]) == nil)
        #expect(find([("authorization", "Basic \(token.text)")]) == nil)
        #expect(find(at: "/anthropic/\(token.text)/v1?xkey=\(token.text)&Key=\(token.text)") == nil)
        #expect(find() == nil)
    }
}
