import Testing

@testable import Metering

@Suite("How far a response in the background is")
struct ResponseStateTests {
    @Test(
        "A response is fetched by GET and cancelled by POST",
        arguments: [
            ("GET", "/v1/responses/resp_1", "resp_1"), ("GET", "/responses/resp_1", "resp_1"), ("GET", "/a/b/v1/responses/x-1", "x-1"),
            ("POST", "/v1/responses/resp_1/cancel", "resp_1"), ("POST", "/v1/responses/resp_1", nil), ("POST", "/v1/responses", nil),
            ("GET", "/v1/responses", nil), ("GET", "/v1/responses/resp_1/input_items", nil), ("DELETE", "/v1/responses/resp_1", nil),
            ("GET", "/v1/responses/resp_1/cancel", nil), ("POST", "/v1/responses/compact", nil), ("POST", "/v1/chat/completions", nil),
            ("GET", "/v1/models/gpt-5", nil), ("GET", "", nil),
        ] as [(String, String, String?)])
    func paths(method: String, path: String, id: String?) {
        #expect(ResponseState.id(fetchedBy: method, path) == id)
    }

    static let stream = """
        event: response.created
        data: {"type":"response.created","response":{"id":"resp_1","status":"queued"}}

        event: response.output_item.done
        data: {"type":"response.output_item.done","item":{"id":"msg_1","status":"completed"}}


        """

    @Test(
        "It is read from texts and streams, whole or byte by byte, and nothing inside of it is taken for it",
        arguments: [
            (#"{"id":"resp_1","status":"queued","usage":null}"#, "queued", false),
            (#"{"output":[{"id":"x","status":"completed"}],"status":"in_progress","id":"resp_1"}"#, "in_progress", false),
            (#"{"id":"resp_1","status":"completed"}"#, "completed", true), (#"{"id":"resp_1","status":"failed"}"#, "failed", true),
            (#"{"id":"resp_1","status":"incomplete"}"#, "incomplete", true), (#"{"id":"resp_1","status":"cancelled"}"#, "cancelled", true),
            (stream, "queued", false),
            (
                stream + "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"status\":\"completed\"}}\n\n",
                "completed", true
            ),
        ])
    func states(answer: String, status: String, isOver: Bool) {
        for size in [1, 7, answer.utf8.count] {
            var meter = UsageMeter(
                format: .responses, contentType: answer.hasPrefix("event") ? "text/event-stream" : "application/json", contentEncoding: nil)
            var rest = Array(answer.utf8)[...]
            while !rest.isEmpty {
                Array(rest.prefix(size)).withUnsafeBytes { meter.feed($0) }
                rest = rest.dropFirst(size)
            }
            let state = meter.finish(wasCut: false).response
            #expect(state == ResponseState(id: "resp_1", status: status), "in pieces of \(size)")
            #expect(state.isOver == isOver)
        }
    }

    @Test(
        "Whether it says that it ran in the background",
        arguments: [
            (#"{"background":true}"#, true), (#"{"background":false}"#, false), (#"{"background":null}"#, nil),
            (#"{"background":"true"}"#, nil), (#"{"output":[{"background":true}]}"#, nil), ("{}", nil),
            (#"{"type":"response.completed","response":{"background":true}}"#, true),
        ] as [(String, Bool?)])
    func told(answer: String, isBackground: Bool?) {
        var meter = UsageMeter(format: .responses, contentType: "application/json", contentEncoding: nil)
        Array(answer.utf8).withUnsafeBytes { meter.feed($0) }
        #expect(meter.finish(wasCut: false).response.isBackground == isBackground)
    }

    @Test(
        "Whether a request asks for one",
        arguments: [
            (#"{"background":true}"#, true), (#"{"model":"x","background": true ,"stream":true}"#, true), (#"{"background":false}"#, false),
            (#"{"background":"true"}"#, false), (#"{"metadata":{"background":true}}"#, false), ("{}", false),
        ])
    func asked(body: String, isBackground: Bool) {
        var reader = RequestReader()
        Array(body.utf8).withUnsafeBytes { reader.feed($0) }
        #expect(reader.finish(asksForUsage: false).isBackground == isBackground)
    }
}
