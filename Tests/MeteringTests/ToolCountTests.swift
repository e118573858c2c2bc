import Metering
import Testing

@Suite("Tools at the provider that cost extra")
struct ToolCountTests {
    private static let items = #"""
        {"type":"reasoning"},{"type":"web_search_call","status":"completed","action":{"type":"search","query":"a"}},\#
        {"type":"web_search_call","action":{"type":"open_page","url":"u"}},{"action":{"type":"find_in_page"},"type":"web_search_call"},\#
        {"type":"web_search_call","status":"completed"},{"type":"file_search_call","results":[{"type":"web_search_call"}]},\#
        {"type":"code_interpreter_call"},{"type":"code_interpreter_call"},{"type":"image_generation_call"},{"type":"mcp_call"},\#
        {"type":"computer_call","action":{"type":"click"}},{"type":"message","content":[{"type":"output_text","text":"{\"type\":\"file_search_call\"}"}]}
        """#
    private static let usage = #""usage":{"input_tokens":10,"output_tokens":5}"#
    private static let counts = ["file_search_call": 1, "code_interpreter_call": 2, "image_generation_call": 1]

    private func check(_ read: UsageReading, _ what: Comment) {
        #expect(read.isWhole && read.usage == TokenUsage(input: 10, output: 5, webSearches: 2), what)
        #expect(read.billing.tools == Self.counts, what)
    }

    @Test("Responses' items are counted once, whole or streamed, and only searches of the web's", arguments: Pieces.all)
    func responses(pieces: Pieces) {
        let whole = #"{"model":"m","status":"completed","output":[\#(Self.items)],"tools":[{"type":"web_search"}],\#(Self.usage)}"#
        check(reading(Array(whole.utf8), as: .responses, type: nil, in: pieces), "whole")
        let ended = [
            #"{"type":"web_search_call","action":{"type":"search"}}"#, #"{"type":"web_search_call","action":{"type":"open_page"}}"#,
            #"{"type":"web_search_call"}"#, #"{"type":"file_search_call"}"#, #"{"type":"code_interpreter_call"}"#,
            #"{"type":"code_interpreter_call"}"#, #"{"type":"image_generation_call"}"#, #"{"type":"message"}"#,
        ].flatMap { item in
            [
                event("response.output_item.added", #"{"type":"response.output_item.added","item":\#(item)}"#),
                event("response.output_item.done", #"{"type":"response.output_item.done","item":\#(item)}"#),
            ]
        }
        func completed(_ output: String) -> String {
            event(
                "response.completed",
                #"{"type":"response.completed","response":{"model":"m","status":"completed","output":[\#(output)],\#(Self.usage)}}"#)
        }
        let created = event("response.created", #"{"type":"response.created","response":{"model":"m","output":[]}}"#)
        for parts in [
            ended + [completed(Self.items)], ended + [completed("")], [completed(Self.items)],
            [completed(Self.items), completed(Self.items)],
        ] {
            check(
                reading(Array((created + parts.joined()).utf8), as: .responses, type: "text/event-stream", in: pieces),
                "\(parts.count)")
        }
    }

    @Test("Searches of the older kind have separate prices")
    func preview() {
        let body = #"{"model":"m","output":[\#(Self.items)],"tools":[{"type":"web_search_preview_2025_03_11"}],\#(Self.usage)}"#
        let read = reading(Array(body.utf8), as: .responses, type: nil)
        #expect(read.usage.webSearches == 0)
        #expect(read.billing.tools == Self.counts.merging(["web_search_preview": 2]) { one, _ in one })
    }

    @Test(
        "Anthropic: searches are in the usage, fetches are free, and running code is unless it comes with a search",
        arguments: [
            (#"{"type":"text"}"#, #""web_search_requests":3,"web_fetch_requests":2"#, 3, [:]),
            (
                #"{"type":"bash_code_execution_tool_result"},{"type":"code_execution_tool_result"}"#, #""web_search_requests":0"#, 0,
                ["code_execution": 2]
            ),
            (#"{"type":"code_execution_tool_result"}"#, #""web_search_requests":1"#, 1, [:]),
            (#"{"type":"tool_use","input":{"type":"code_execution_tool_result"}}"#, #""web_search_requests":0"#, 0, [:]),
        ] as [(String, String, Int, [String: Int])])
    func anthropic(content: String, tools: String, searches: Int, counts: [String: Int]) {
        let body = #"{"model":"m","content":[\#(content)],"usage":{"input_tokens":1,"output_tokens":2,"server_tool_use":{\#(tools)}}}"#
        let read = reading(Array(body.utf8), as: .messages, type: nil, in: .single)
        #expect(read.isWhole && read.usage.webSearches == searches && read.billing.tools == counts)
    }

    @Test("Anthropic's blocks are counted in a stream as well")
    func blocks() {
        let parts = [
            event("message_start", #"{"type":"message_start","message":{"model":"m","usage":{"input_tokens":1,"output_tokens":1}}}"#),
            event("content_block_start", #"{"type":"content_block_start","content_block":{"type":"bash_code_execution_tool_result"}}"#),
            event("message_delta", #"{"type":"message_delta","usage":{"output_tokens":7}}"#),
            event("message_stop", #"{"type":"message_stop"}"#),
        ]
        let read = reading(Array(parts.joined().utf8), as: .messages, type: "text/event-stream")
        #expect(read.isWhole && read.billing.tools == ["code_execution": 1])
    }

    @Test(
        "Google's searches are the queries that differ; empty ones are none",
        arguments: [([""], 0), ([#""a","","b","a""#], 2), ([#""a""#, "", #""b","a""#], 2), ([#"7,null,{},["x"]"#], 0)] as [([String], Int)])
    func google(queries: [String], count: Int) {
        func chunk(_ queries: String) -> String {
            event(
                nil,
                #"""
                {"candidates":[{"content":{"role":"model","parts":[{"text":"groundingMetadata"}]},"groundingMetadata":{\#
                "webSearchQueries":[\#(queries)],"groundingChunks":[{"web":{"uri":"u"}}]},"finishReason":"STOP"}],"modelVersion":"gemini-3-pro",\#
                "usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":5}}
                """#)
        }
        let text = queries.map(chunk).joined()
        let read = reading(Array(text.utf8), as: .gemini, type: "text/event-stream", in: .random(seed: 3, most: 9))
        #expect(read.isWhole && read.usage.webSearches == count && read.billing.tools.isEmpty)
    }

    @Test("Tokens that may have a separate price are counted separately")
    func modalities() {
        let chat =
            #"{"usage":{"prompt_tokens":9,"completion_tokens":8,"prompt_tokens_details":{"audio_tokens":4},"completion_tokens_details":{"audio_tokens":6}}}"#
        #expect(reading(Array(chat.utf8), as: .chat, type: nil).billing.tools == ["input_audio_tokens": 4, "output_audio_tokens": 6])
        let gemini = #"""
            {"candidates":[{"groundingMetadata":{"groundingChunks":[{"maps":{"uri":"u"}}]}}],"usageMetadata":{"promptTokenCount":9,\#
            "promptTokensDetails":[{"modality":"TEXT","tokenCount":2},{"tokenCount":7,"modality":"AUDIO"}],\#
            "candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":1290},{"modality":"AUDIO","tokenCount":-1}]}}
            """#
        #expect(
            reading(Array(gemini.utf8), as: .gemini, type: nil).billing.tools
                == ["input_audio_tokens": 7, "output_image_tokens": 1_290, "google_maps": 1])
        let sources = ProviderFieldTests.usage(#""prompt_tokens":1,"completion_tokens":1,"num_sources_used":5"#)
        #expect(reading(Array(sources.utf8), as: .chat, type: nil).billing.tools == ["num_sources_used": 5])
        let connectors = ProviderFieldTests.usage(#""prompt_tokens":1,"completion_tokens":1,"connectors":{"web_search":2,"x":0}"#)
        #expect(reading(Array(connectors.utf8), as: .chat, type: nil).billing.tools == ["web_search": 2])
    }

    @Test("What generates no text: embeddings, pictures, recordings, and what is done later")
    func others() {
        func read(_ text: String, _ format: WireFormat) -> UsageReading { reading(Array(text.utf8), as: format, type: "application/json") }
        let numbers = String(repeating: "0.25,", count: 1_000)
        let embeddings = read(
            #"{"data":[{"embedding":[\#(numbers)1]}],"model":"e","usage":{"prompt_tokens":8,"total_tokens":8}}"#, .embeddings)
        #expect(embeddings.isWhole && embeddings.usage == TokenUsage(input: 8))
        let untold = read(#"{"embedding":{"values":[\#(numbers)1]}}"#, .embeddings)
        #expect(untold.reasons == [.untold] && untold.completed(requestBytes: 400).usage == TokenUsage(input: 101))
        let image = read(
            #"{"data":[{"b64_json":"x"}],"usage":{"input_tokens":50,"output_tokens":1056,"input_tokens_details":{"image_tokens":40}}}"#,
            .media)
        #expect(image.isWhole && image.usage == TokenUsage(input: 50, output: 1_056) && image.billing.tools == ["input_image_tokens": 40])
        let minute = read(#"{"text":"…","usage":{"type":"duration","seconds":60}}"#, .media)
        #expect(minute.reasons == [.untold] && minute.billing.tools == ["audio_seconds": 60])
        #expect(minute.completed(requestBytes: 20 << 20).usage.input == 60 * 17)
        let silent = read("ID3", .media).completed(requestBytes: 20 << 20).usage
        #expect(silent.input > 60 * 17 && silent.input < 1_000_000)
        let batch = read(#"{"id":"batch_1","status":"validating"}"#, .later)
        #expect(batch.reasons == [.untold] && batch.completed(requestBytes: 4_000).usage == TokenUsage(input: 1_001))
    }
}
