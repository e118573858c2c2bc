import Credentials
import Testing

@testable import Gateway

@Suite("Which provider an address is for")
struct ProviderRouteTests {
    @Test(
        "The first segment names the provider, and the rest is the provider's, byte for byte",
        arguments: [
            ("/anthropic/v1/messages?beta=true", "anthropic", "/v1/messages", "beta=true"),
            ("/anthropic/v1/messages/count_tokens", "anthropic", "/v1/messages/count_tokens", nil),
            ("/anthropic/api/hello", "anthropic", "/api/hello", nil),
            ("/openai/v1/responses", "openai", "/v1/responses", nil),
            ("/google/v1beta/models/g:streamGenerateContent?alt=sse", "google", "/v1beta/models/g:streamGenerateContent", "alt=sse"),
            ("/mistral/v1/chat/completions", "mistral", "/v1/chat/completions", nil),
            ("/custom/house/v1/x", "custom-house", "/v1/x", nil),
            ("/custom/my-house-2/v1/x?a=%2f&a=", "custom-my-house-2", "/v1/x", "a=%2f&a="),
            // Whatever is no address of ours is not ours to tidy up.
            ("/anthropic/", "anthropic", "/", nil),
            ("/anthropic/?a=1", "anthropic", "/", "a=1"),
            ("/custom/house/", "custom-house", "/", nil),
            ("/anthropic//v1/messages", "anthropic", "//v1/messages", nil),
            ("/anthropic/v1//messages/", "anthropic", "/v1//messages/", nil),
            ("/custom/house//v1", "custom-house", "//v1", nil),
            ("/anthropic/openai/v1", "anthropic", "/openai/v1", nil),
            ("/openai/a%2Fb/%7Ec", "openai", "/a%2Fb/%7Ec", nil),
        ] as [(String, String, String, String?)])
    func found(uri: String, provider: String, path: String, query: String?) throws {
        let route = try #require(ProviderRoute(uri[...]))
        #expect(route.provider.rawValue == provider)
        #expect(route.target.path == path)
        #expect(route.target.query.map(String.init) == query)
    }

    @Test(
        "What names no provider is not routed",
        arguments: [
            "", "/", "?", "/healthz", "/nobody/v1/messages", "/v1/messages", "/egress/x",
            // A name is written in one way only, so that no rule about it can be walked around.
            "/ANTHROPIC/v1/messages", "/Anthropic/v1", "/anthropi%63/v1", "/anthropic%2Fv1", "/anthropic\\v1", "/anthropicx/v1",
            "/anthropic;a=b/v1", "/ anthropic/v1", "anthropic/v1/messages", "//anthropic/v1", "/./anthropic/v1", "/x/../anthropic/v1",
            // The providers of one's own house stand in a folder of theirs.
            "/custom-house/v1/x", "/custom-house/", "/custom", "/custom/", "/custom//v1/x", "/custom/House/v1", "/custom/-house/v1",
            "/custom/ho_use/v1", "/custom/house%2Fv1/x", "/custom/../anthropic/v1", "/Custom/house/v1", "/custom/ü/v1",
            "/custom/\(String(repeating: "a", count: 41))/v1",
            // A whole address is for a forward proxy, which this is not.
            "http://127.0.0.1:4140/anthropic/v1", "https://api.anthropic.com/v1/messages", "*", "api.anthropic.com:443",
        ])
    func lost(uri: String) {
        #expect(ProviderRoute(uri[...]) == nil)
    }

    // Both answers are good ones; a target that begins with no slash is not, since it is put behind the provider's own path.
    @Test(
        "An address that ends with the name has no rest, or one slash",
        arguments: ["/anthropic", "/anthropic?a=1", "/custom/house", "/custom/house?a=1"])
    func nothingLeft(uri: String) {
        guard let route = ProviderRoute(uri[...]) else { return }
        #expect(route.target.path == "/")
    }

    @Test("An address may be a piece of a longer one")
    func slice() throws {
        let uri = "/gateway/anthropic/v1/models?limit=1000"
        let route = try #require(ProviderRoute(uri.dropFirst("/gateway".count)))
        #expect(route.provider == .anthropic)
        #expect(route.target == RequestTarget("/v1/models?limit=1000"))
    }
}
