import Metering
import Testing

@Suite("Which form a path speaks")
struct WireFormatTests {
    @Test(
        "The paths that are known",
        arguments: [
            (Dialect.anthropic, "POST", "/v1/messages", WireFormat.messages),
            (.anthropic, "POST", "/v1/messages/count_tokens", .free),
            (.anthropic, "GET", "/v1/models", .free),
            (.openai, "POST", "/v1/chat/completions", .chat),
            (.openai, "POST", "/v1/responses", .responses),
            (.openai, "GET", "/v1/models", .free),
            (.google, "POST", "/v1beta/models/gemini-2.5-pro:generateContent", .gemini),
            (.google, "POST", "/v1beta/models/gemini-2.5-pro:streamGenerateContent", .gemini),
            (.google, "POST", "/v1beta/models/gemini-2.5-pro:countTokens", .free),
            (.google, "GET", "/v1beta/models", .free),
        ] as [(Dialect, String, String, WireFormat)])
    func known(dialect: Dialect, method: String, path: String, format: WireFormat) {
        #expect(WireFormat(dialect, method: method, path: path) == format)
    }

    @Test(
        "A path that could cost something is never taken for one that is free",
        arguments: [
            (Dialect.anthropic, "POST", "/v1/complete"), (.anthropic, "POST", "/v1/messages/batches"),
            (.anthropic, "POST", "/v1/models"),
            (.openai, "POST", "/v1/embeddings"), (.openai, "POST", "/v1/responses/compact"), (.openai, "POST", "/v1/images/generations"),
            (.openai, "POST", "/v1/models"), (.openai, "POST", "/v2/brand/new"), (.openai, "POST", ""),
            (.google, "POST", "/v1beta/models/gemini-2.5-pro:predict"), (.google, "POST", "/v1internal:streamGenerateContent"),
            (.google, "POST", "/v1beta/models/countTokens:generateContent"), (.google, "POST", "/v1beta/models/text:embedContent"),
        ] as [(Dialect, String, String)])
    func notFree(dialect: Dialect, method: String, path: String) {
        #expect(WireFormat(dialect, method: method, path: path) != .free)
    }
}
