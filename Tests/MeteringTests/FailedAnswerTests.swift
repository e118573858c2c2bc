import Metering
import Testing

@Suite("Answers that failed after their status was sent")
struct FailedAnswerTests {
    private static let failed = event(
        "response.failed",
        #"{"type":"response.failed","response":{"status":"failed","model":"gpt-5.1","error":{"code":"server_error"},"usage":null}}"#)
    private static let created = event(
        "response.created", #"{"type":"response.created","response":{"model":"gpt-5.1","error":null,"usage":null}}"#)
    private static let word = event("response.output_text.delta", #"{"type":"response.output_text.delta","delta":"So"}"#)
    private static let role = event(nil, #"{"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#)
    private static let chunk = event(nil, #"{"model":"m","choices":[{"index":0,"delta":{"content":"So"}}]}"#)
    private static let call = event(nil, #"{"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0}]}}]}"#)
    private static let error = event(
        nil, #"{"error":{"message":"no","code":502},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}"#)

    @Test(
        "Without usage they cost nothing if nothing was streamed",
        arguments: [
            (WireFormat.responses, "text/event-stream", created + failed),
            (.responses, "text/event-stream", created + event("error", #"{"type":"error","code":"rate_limit_exceeded"}"#)),
            (.responses, "text/event-stream", event("error", #"{"type":"error","error":{"message":"no"}}"#)),
            (.responses, "application/json", #"{"status":"failed","model":"m","error":{"code":"x"},"usage":null}"#),
            (.messages, "text/event-stream", event("error", #"{"type":"error","error":{"type":"overloaded_error"}}"#)),
            (.messages, "application/json", #"{"type":"error","error":{"type":"overloaded_error"}}"#), (.chat, "text/event-stream", error),
            (.chat, "text/event-stream", role + error), (.chat, "application/json", #"{"error":{"code":502,"message":"no"}}"#),
            (.chat, "application/json", #"{"error":"no"}"#), (.gemini, "application/json", #"[{"error":{"code":503}}]"#),
            (.gemini, "text/event-stream", event(nil, #"{"error":{"code":503}}"#)),
        ] as [(WireFormat, String, String)])
    func nothing(format: WireFormat, type: String, text: String) {
        for wasCut in [false, true] {
            let read = reading(Array(text.utf8), as: format, type: type, in: .random(seed: 8, most: 20), wasCut: wasCut)
            #expect(read.isWhole && read.reasons.isEmpty)
            let charge = PriceList().charge(for: read, requested: "gpt-5.1", requestBytes: 400_000)
            #expect(charge.cost == .zero && charge.usage == TokenUsage())
        }
    }

    @Test(
        "What was streamed before is estimated, and what was told counts",
        arguments: [
            (WireFormat.responses, created + word + failed), (.responses, created + word + event("error", #"{"type":"error"}"#)),
            (.chat, role + chunk + error), (.chat, role + call + error),
            (
                .gemini,
                event(nil, #"{"candidates":[{"content":{"role":"model","parts":[{"text":"So"}]}}]}"#)
                    + event(nil, #"{"error":{"code":503}}"#)
            ),
            (
                .messages,
                event("message_start", #"{"type":"message_start","message":{"usage":{"input_tokens":50,"output_tokens":2}}}"#)
                    + event("error", #"{"type":"error","error":{"type":"overloaded_error"}}"#)
            ),
        ] as [(WireFormat, String)])
    func something(format: WireFormat, text: String) {
        let read = reading(Array(text.utf8), as: format, type: "text/event-stream", in: .random(seed: 8, most: 20))
        #expect(!read.isWhole && read.reasons == [.cut])
        let usage = read.completed(requestBytes: 400).usage
        #expect(usage.input >= 50 && usage.output > 0)
    }

    @Test("One that failed and tells its usage costs that")
    func told() {
        let text = #"{"status":"failed","error":{"code":"x"},"usage":{"input_tokens":70,"output_tokens":3}}"#
        let read = reading(Array(text.utf8), as: .responses, type: nil)
        #expect(read.isWhole && read.usage == TokenUsage(input: 70, output: 3))
    }

    @Test(
        "A word like error in the answer's text is not an error",
        arguments: [
            #"{"choices":[{"message":{"content":"\"error\":{}"},"error":{"x":1}}]}"#, #"{"error":null,"choices":[]}"#, #"{"error":false}"#,
        ])
    func harmless(text: String) {
        #expect(reading(Array(text.utf8), as: .chat, type: nil).reasons == [.untold])
    }

    @Test("A path that SAM does not know is never exact", arguments: UsageTables.all)
    func unknown(answer: Answer) {
        #expect(reading(answer.bytes, as: .unknown, type: answer.type).reasons.contains(.path))
    }
}
