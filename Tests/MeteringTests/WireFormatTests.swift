import Metering
import Testing

@Suite("What a path is")
struct WireFormatTests {
    struct Path: Sendable {
        var provider: String
        var dialect: Dialect
        var path: String
        var format: WireFormat
    }

    private static func paths(_ provider: String, _ dialect: Dialect, _ rows: KeyValuePairs<String, WireFormat>) -> [Path] {
        rows.map { Path(provider: provider, dialect: dialect, path: $0.key, format: $0.value) }
    }

    static let anthropic = paths(
        "anthropic", .anthropic,
        [
            "/v1/messages": .messages, "/v1/messages/count_tokens": .free, "/v1/messages/batches": .later,
            "/v1/messages/batches/msgbatch_1/cancel": .free, "/v1/files": .free, "/v1/skills": .free, "/v1/skills/s/versions": .free,
            "/api/hello": .free, "/anthropic/v1/messages": .messages, "/v1/complete": .unknown, "/v1/models": .unknown,
            "/v1/agents": .unknown, "/v1/messages/x": .unknown,
        ])
    static let openai = paths(
        "openai", .openai,
        [
            "/v1/chat/completions": .chat, "/v1/completions": .chat, "/v1/responses": .responses, "/v1/responses/compact": .responses,
            "/v1/responses/resp_1/cancel": .free, "/v1/responses/input_tokens": .free, "/v1/embeddings": .embeddings,
            "/v1/moderations": .free, "/v1/files": .free, "/v1/uploads": .free, "/v1/uploads/u/parts": .free,
            "/v1/uploads/u/complete": .free, "/v1/vector_stores": .free, "/v1/vector_stores/vs/files": .free,
            "/v1/vector_stores/vs/search": .unknown, "/v1/batches": .later, "/v1/batches/b/cancel": .free, "/v1/fine_tuning/jobs": .later,
            "/v1/fine_tuning/jobs/f/cancel": .free, "/v1/threads/t/runs": .later, "/v1/threads/t/messages": .free,
            "/v1/realtime/client_secrets": .later, "/v1/audio/speech": .media, "/v1/audio/transcriptions": .media,
            "/v1/audio/translations": .media, "/v1/images/generations": .media, "/v1/images/edits": .media, "/v1/videos": .media,
            "/v1/conversations": .free, "/v1/models": .unknown, "/v2/brand/new": .unknown, "": .unknown, "/": .unknown,
        ])
    static let others =
        paths(
            "openai-chatgpt", .openai, ["/responses": .responses, "/responses/compact": .responses, "/memories/summarize": .unknown])
        + paths(
            "mistral", .openai,
            [
                "/v1/chat/completions": .chat, "/v1/fim/completions": .chat, "/v1/agents/completions": .chat, "/v1/conversations": .chat,
                "/v1/conversations/c_1": .chat, "/v1/embeddings": .embeddings, "/v1/moderations": .embeddings,
                "/v1/chat/moderations": .embeddings, "/v1/ocr": .media, "/v1/files": .free, "/v1/batch/jobs": .later,
                "/v1/batch/jobs/b/cancel": .free, "/v1/agents": .free, "/v1/responses": .unknown,
            ])
        + paths(
            "custom-house", .openai,
            [
                // Groq, OpenRouter, DeepSeek, Zhipu, and an address that ends in its version already.
                "/openai/v1/chat/completions": .chat, "/api/v1/chat/completions": .chat, "/chat/completions": .chat,
                "/beta/completions": .chat, "/api/paas/v4/chat/completions": .chat, "/v1/responses": .responses, "/v1/messages": .messages,
                "/openai/deployments/gpt-5/chat/completions": .chat, "/embeddings": .embeddings, "/openai/v1/files": .free,
                "/openai/v1/batches": .later, "/openai/v1/audio/transcriptions": .media,
                // What is free at OpenAI is a call of a model at Mistral.
                "/v1/conversations": .unknown, "/v1/moderations": .embeddings, "/api/generate": .unknown,
            ])
    static let google = paths(
        "google", .google,
        [
            "/v1beta/models/gemini-2.5-pro:generateContent": .gemini, "/v1beta/models/gemini-2.5-pro:streamGenerateContent": .gemini,
            "/v1/projects/p/locations/l/publishers/google/models/g:generateContent": .gemini, "/v1internal:streamGenerateContent": .gemini,
            "/v1beta/tunedModels/x:generateContent": .gemini, "/v1beta/models/tunedModels%2Fx:generateContent": .gemini,
            "/v1beta/models/llama3:8b:generateContent": .gemini, "/v1beta/models/g%3AgenerateContent": .gemini,
            "/v1beta/models/gemini-2.5-pro:countTokens": .free, "/v1beta/models/countTokens:generateContent": .gemini,
            "/v1beta/models/e:embedContent": .embeddings, "/v1beta/models/e:batchEmbedContents": .embeddings,
            "/v1beta/models/g:batchGenerateContent": .later, "/v1beta/batches/b:cancel": .free, "/v1beta/files": .free,
            "/upload/v1beta/files": .free, "/v1beta/cachedContents": .later, "/v1beta/models/imagen-4:predict": .media,
            "/v1beta/openai/chat/completions": .chat, "/v1beta/models/g": .unknown, "/v1beta/models/g:unheardOf": .unknown,
        ])

    @Test("Each provider's paths", arguments: anthropic + openai + others + google)
    func known(path: Path) {
        #expect(WireFormat(path.dialect, provider: path.provider, method: "POST", path: path.path) == path.format)
    }

    @Test("What only reads or deletes is free, whatever it reads, and what else there is goes by the table")
    func methods() {
        for path in Self.anthropic + Self.openai + Self.others + Self.google {
            for method in ["GET", "HEAD", "DELETE", "OPTIONS"] {
                #expect(WireFormat(path.dialect, provider: path.provider, method: method, path: path.path) == .free)
            }
            for method in ["PUT", "PATCH", "QUERY"] {
                #expect(WireFormat(path.dialect, provider: path.provider, method: method, path: path.path) == path.format)
            }
        }
    }

    @Test(
        "A path that merely ends like another, or begins like it, is another",
        arguments: [
            "/v1/files/chat/completions", "/v1/x/files", "/v1/chat/v1/files", "/v1/files/x", "/v1/filesx", "/v1/xfiles", "/v1/Files",
            "/v1/moderations/chat/completions", "/v1/vector_stores/a/b/files", "/v1/batches/b/c/cancel", "/a/b/c/d/v1/files",
            "/x/files", "/v1/vector_stores/x%2Fsearch", "/v1/responses/a%2Fb/cancel",
        ])
    func alike(path: String) {
        #expect(WireFormat(.openai, provider: "openai", method: "POST", path: path) == .unknown)
    }

    @Test("A budget can hold back the most that a call of a model costs, and nothing else's")
    func bounds() {
        #expect(WireFormat.allCases.filter { !$0.isBounded } == [.media, .later, .unknown])
    }
}
