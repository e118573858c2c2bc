import Foundation
import Fuzzing
import Metering
import Testing

/// `make fuzz` gives each of these as long as one likes.
@Suite("Malformed answers and requests")
struct ReadingFuzzTests {
    private static let words = [
        "data:", "data: ", "\n\n", "\r\n\r\n", "\r", "event: ", ": ", "[DONE]", "\"", "\\", "\\\"", "\\u00", "\\ud83d", "{", "}", "[", "]",
        ",",
        "null", "true", "-1", "9223372036854775807", "1e999", "99999999999999999999", "\"usage\":", "\"usageMetadata\":", "\"model\":",
        "\"input_tokens\":", "\"output_tokens\":", "\"prompt_tokens\":", "\"type\":\"message_stop\"", "\"choices\":[]", "\"stream\":true",
        "\"stream_options\":", "\"include_usage\":false", "\"output\":[{\"type\":\"web_search_call\"}]", "\"iterations\":[{",
        "\"connectors\":{", "\"cost\":1e-9", "\"error\":", "\"promptTokensDetails\":[", "\u{FEFF}", "\u{2028}",
    ]
    private static let formats = WireFormat.allCases.filter { $0 != .free }

    @Test("A usage is the same in whatever pieces its answer comes, and never less than nothing", arguments: [true, false])
    func meter(isStream: Bool) async {
        let answers = UsageTables.all.filter { $0.isEvents == isStream }
        let prices = PriceList()
        await fuzz(answers.map(\.bytes), words: Self.words, inputs: 1_000) { input, mutator in
            let type = isStream ? "text/event-stream" : "application/json"
            let pieces = mutator.pieces(of: input)
            for format in Self.formats {
                let whole = reading(input, as: format, type: type)
                var meter = UsageMeter(format: format, contentType: type, contentEncoding: nil)
                for piece in pieces { piece.withUnsafeBytes { meter.feed($0) } }
                guard meter.finish(wasCut: false) == whole else { return "\(format) reads something else in pieces" }
                guard whole.usage.covers(TokenUsage()) else { return "\(format) reads \(whole.usage)" }
                let charge = prices.charge(for: whole, requested: "gpt-4.1", requestBytes: 100)
                guard charge.cost >= .zero, charge.usage.covers(TokenUsage()) else { return "\(format) costs \(charge.cost)" }
            }
            return nil
        }
    }

    @Test(
        "An answer that says it is compressed is read or is not, and nothing else comes of it",
        arguments: ["gzip", "deflate", "raw", "br", "zstd", "gzip, br", "zstd, deflate"])
    func decoder(encoding: String) async throws {
        let corpus = try UsageTables.plain.prefix(4).map { answer in
            try encoding.split(separator: ", ").reduce(answer.bytes) { try encoded($0, String($1)) }
        }
        let name = encoding == "raw" ? "deflate" : encoding
        await fuzz(corpus, words: ["\u{1F}", "\u{8}\u{0}", "\u{78}\u{01}"], inputs: 1_000) { input, mutator in
            let whole = reading(input, as: .messages, type: "application/json", encoding: name)
            var meter = UsageMeter(format: .messages, contentType: "application/json", contentEncoding: name)
            for piece in mutator.pieces(of: input) { piece.withUnsafeBytes { meter.feed($0) } }
            let read = meter.finish(wasCut: false)
            // How much of a damaged answer comes out before the damage shows is the library's own affair.
            guard read == whole || !read.isWhole && read.reasons == whole.reasons else {
                return "It reads something else in pieces: \(read)"
            }
            guard read.usage.covers(TokenUsage()), read.answerBytes == input.count else { return "\(read)" }
            return read.isWhole == read.reasons.isEmpty ? nil : "It does not say why it is an estimate"
        }
    }

    @Test("A request that JSON's own reader takes asks for the same here, and asks for its usage once it is amended")
    func request() async {
        let corpus = [
            #"{"model":"gpt-4.1","messages":[{"role":"user","content":"a \"model\": b"}],"stream":true,"max_tokens":100,"n":2}"#,
            #"{"stream_options":{"include_usage":false,"x":[1]},"stream":true,"model":"m","max_completion_tokens":7}"#,
            #" { "stream" : true , "stream_options" : { } , "model" : "m", "messages" : [ ] } "#,
            #"{"stream":true,"stream_options":null,"model":"m"}"#, #"{"stream":true,"stream_options":{"include_usage":true},"model":"m"}"#,
        ].map { Array($0.utf8) }
        await fuzz(corpus, words: Self.words, inputs: 3_000) { input, mutator in
            var reader = RequestReader()
            for piece in mutator.pieces(of: input) { piece.withUnsafeBytes { reader.feed($0) } }
            let found = reader.finish(asksForUsage: true)
            var again = RequestReader()
            input.withUnsafeBytes { again.feed($0) }
            guard found == again.finish(asksForUsage: true) else { return "It reads something else in pieces" }
            guard let amendment = found.amendment else { return nil }
            guard amendment.range.lowerBound >= 0, amendment.range.upperBound <= input.count else { return "\(amendment.range) is outside" }
            // Names that come twice have no meaning that all readers share.
            guard let before = Self.object(input), !Self.repeatsNames(input) else { return nil }
            var body = input
            body.replaceSubrange(amendment.range, with: amendment.bytes)
            guard let after = Self.object(body) else { return "It is no JSON any more: \(String(decoding: body, as: UTF8.self))" }
            let options = after["stream_options"] as? [String: Any]
            guard options?["include_usage"] as? Bool == true else { return "It does not ask: \(String(decoding: body, as: UTF8.self))" }
            var rest = after
            rest["stream_options"] = before["stream_options"]
            guard NSDictionary(dictionary: rest) == NSDictionary(dictionary: before) else { return "Something else has changed" }
            return nil
        }
    }

    private static func object(_ bytes: [UInt8]) -> [String: Any]? {
        try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
    }

    private static func repeatsNames(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        return [/"stream"\s*:/, /"stream_options"\s*:/, /"include_usage"\s*:/].contains { text.matches(of: $0).count > 1 }
    }

    @Test("What is left of a stream is the same in whatever pieces it comes, and only events of usage are taken out")
    func filter() async {
        let corpus = UsageTables.chat.filter(\.isEvents).map(\.bytes)
        await fuzz(corpus, words: Self.words, inputs: 1_000) { input, mutator in
            var one = UsageChunkFilter()
            var whole = input.withUnsafeBytes { one.feed($0) }
            whole += one.finish()
            var other = UsageChunkFilter()
            var pieces: [UInt8] = []
            for piece in mutator.pieces(of: input) { pieces += piece.withUnsafeBytes { other.feed($0) } }
            pieces += other.finish()
            guard whole == pieces else { return "Something else is left in pieces" }
            let usage = Data(#""usage""#.utf8)
            return whole == input || Data(input).range(of: usage) != nil || input.contains(UInt8(ascii: "\\"))
                ? nil
                : "Something was taken out that holds no usage"
        }
    }
}
