import Foundation
import Metering
import Testing

@Suite("Asking a stream for its usage")
struct AmendmentTests {
    /// A JSON text in one order of its fields, so that two can be compared.
    private func canonical(_ object: [String: Any]) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
    }

    private func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test(
        "The body says the same as before and asks for the usage besides",
        arguments: [
            #"{"stream":true}"#,
            #"{"model":"gpt-4.1","messages":[{"role":"user","content":"Grüße 👋 \"}"}],"stream":true}"#,
            #"{"stream":true,"model":"gpt-4.1","messages":[]}"#,
            "{\n  \"model\": \"gpt-4.1\",\n  \"stream\": true\n}\n",
            "  \r\n{\t\"stream\" : true , \"x\" : [ 1 , 2 ] } \n\n",
            #"{"model":"gpt-4.1","stream":true,"stream_options":{}}"#,
            #"{"stream_options":{ },"stream":true}"#,
            "{\"stream_options\" : {\n } , \"stream\":true}",
            #"{"stream":true,"stream_options":{"include_obfuscation":false},"n":1}"#,
            #"{"stream_options":{"a":{"b":[{}]},"c":"}"},"stream":true}"#,
            #"{"stream":true,"stream_options":{"include_usage":false}}"#,
            #"{"stream":true,"stream_options":{"include_usage" : false , "include_obfuscation":true}}"#,
            #"{"stream_options":{"include_obfuscation":true,"include_usage":null},"stream":true}"#,
            #"{"stream":true,"stream_options":null,"model":"gpt-4.1"}"#,
            // What looks like the option and is not.
            #"{"stream":true,"stream_options":{"deeper":{"include_usage":true}}}"#,
            #"{"stream":true,"messages":[{"stream_options":{"include_usage":true}}]}"#,
            #"{"metadata":{"stream_options":{}},"stream":true,"user":"\"stream_options\":{\"include_usage\":true}"}"#,
            #"{"include_usage":true,"stream":true}"#,
        ])
    func amended(body: String) throws {
        let before = try object(Array(body.utf8))
        var expected = before
        var options = before["stream_options"] as? [String: Any] ?? [:]
        options["include_usage"] = true
        expected["stream_options"] = options
        for pieces in Pieces.all {
            let read = facts(body, in: pieces, asksForUsage: true)
            let amendment = try #require(read.amendment, "\(pieces)")
            var bytes = Array(body.utf8)
            try #require(amendment.range.lowerBound >= 0 && amendment.range.upperBound <= bytes.count)
            bytes.replaceSubrange(amendment.range, with: amendment.bytes)
            #expect(try canonical(object(bytes)) == canonical(expected), "\(pieces)")
            // A parser that takes the first of two fields, and one that takes the last, see the same.
            #expect(facts(String(decoding: bytes, as: UTF8.self), asksForUsage: true).amendment == nil, "A second reading adds nothing")
            #expect(read.bytes == body.utf8.count)
        }
    }

    @Test(
        "Nothing is changed where it is asked for already, or there is no stream",
        arguments: [
            #"{"stream":true,"stream_options":{"include_usage":true}}"#,
            #"{"stream_options":{"include_obfuscation":false , "include_usage" : true},"stream":true}"#,
            #"{"stream":false}"#, #"{"model":"gpt-4.1"}"#, #"{"stream":null}"#, #"{"stream":false,"stream_options":{}}"#,
            #"{"messages":[{"stream":true}],"tools":{"stream":true}}"#, #"{"messages":"\"stream\":true"}"#, "{}", "", "[]",
        ])
    func unchanged(body: String) {
        for pieces in Pieces.all {
            #expect(facts(body, in: pieces, asksForUsage: true).amendment == nil, "\(pieces)")
        }
    }

    @Test("An API that tells its usage by itself is asked for nothing")
    func notAsked() {
        for pieces in Pieces.all {
            let read = facts(#"{"model":"claude-opus-4-5","stream":true}"#, in: pieces, asksForUsage: false)
            #expect(read.isStream && read.amendment == nil)
        }
    }
}
