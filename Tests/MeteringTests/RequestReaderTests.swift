import Metering
import Testing

@Suite("Reading what a request asks for")
struct RequestReaderTests {
    @Test(
        "The model, the limit and whether it is a stream, in whatever pieces they come",
        arguments: [
            (#"{"model":"claude-opus-4-5","max_tokens":4096,"stream":true,"messages":[]}"#, "claude-opus-4-5", 4_096, true),
            (#"{"messages":[],"stream":false,"max_completion_tokens":77,"model":"gpt-5"}"#, "gpt-5", 77, false),
            (#"{"input":"hi","model":"gpt-5.1","max_output_tokens":900,"stream":true}"#, "gpt-5.1", 900, true),
            ("{\n  \"model\" : \"gpt-5\" ,\r\n\t\"stream\" : true ,\n  \"max_tokens\" : 5\n}\n", "gpt-5", 5, true),
            (#"{"contents":[],"generationConfig":{"temperature":1,"maxOutputTokens":512}}"#, nil, 512, false),
            (#"{"model":"gpt-5"}"#, "gpt-5", nil, false),
            (#"{"model":"naïve-模型-👾","stream":true}"#, "naïve-模型-👾", nil, true),
            (#"{"model":"gpt-5","max_tokens":null,"stream":null}"#, "gpt-5", nil, false),
            ("{}", nil, nil, false), ("", nil, nil, false), ("[]", nil, nil, false), ("hello", nil, nil, false),
        ] as [(String, String?, Int?, Bool)])
    func found(body: String, model: String?, limit: Int?, isStream: Bool) {
        for pieces in Pieces.all {
            let read = facts(body, in: pieces)
            #expect(read.model == model && read.outputLimit == limit && read.isStream == isStream, "\(pieces)")
            #expect(read.bytes == body.utf8.count && read.amendment == nil)
        }
    }

    @Test("A field deeper inside, or in a text, is not the request's own")
    func decoys() {
        let body = """
            {"messages":[
              {"role":"user","content":[{"type":"text","text":"{\\"model\\":\\"cheap\\",\\"stream\\":true,\\"max_tokens\\":1}"}],
               "model":"cheap","stream":true,"max_tokens":1,"max_completion_tokens":1,"max_output_tokens":1},
              {"role":"assistant","content":"\\\\\\"","stream_options":{"include_usage":true}}
             ],
             "metadata":{"model":"cheap","stream":true,"max_tokens":1},
             "tools":[{"input_schema":{"properties":{"model":{"type":"string"},"stream":{"const":true},"max_tokens":{"const":1}}}}],
             "model":"dear","max_tokens":64000,
             "tool_choice":{"model":"cheap","stream":true,"max_tokens":1}}
            """
        for pieces in Pieces.all {
            let read = facts(body, in: pieces, asksForUsage: true)
            #expect(read.model == "dear" && read.outputLimit == 64_000 && !read.isStream && read.amendment == nil, "\(pieces)")
        }
    }

    @Test("Who writes a name in another way is understood as the provider understands it")
    func escapes() {
        let read = facts(#"{"mod\u0065l":"gpt\u002d5\/x","str\u0065am":true,"max\u005ftokens":9}"#, in: .single)
        #expect(read.model == "gpt-5/x" && read.isStream && read.outputLimit == 9)
    }

    @Test("Of two limits the higher one counts: no budget holds back too little")
    func twoLimits() {
        #expect(facts(#"{"max_tokens":10,"max_completion_tokens":90000}"#).outputLimit == 90_000)
        #expect(facts(#"{"max_tokens":90000,"max_tokens":10}"#).outputLimit == 90_000)
    }

    @Test("Several answers at once may each be as long as the limit")
    func severalAnswers() throws {
        // https://platform.openai.com/docs/api-reference/chat/create: n choices are generated, and all of them billed.
        let limit = try #require(facts(#"{"model":"gpt-4.1","max_tokens":100,"n":8}"#).outputLimit)
        #expect(limit >= 800)
    }

    @Test(
        "An invalid limit does no harm",
        arguments: ["-5", "1.5", "1e3", "\"100\"", "99999999999999999999999999", "true", "{}", "[1]", "1e999"])
    func oddLimits(limit: String) {
        let prices = PriceList()
        for pieces in Pieces.all {
            let read = facts(#"{"model":"gpt-4.1","max_tokens":\#(limit),"stream":true}"#, in: pieces)
            #expect(read.model == "gpt-4.1" && read.isStream)
            #expect(prices.reservation(for: read, provider: "openai").platform >= .zero)
        }
    }

    @Test("A body that breaks off, or is no JSON, is no trouble either")
    func broken() {
        let body = #"{"model":"gpt-5","messages":[{"content":"é\u00e9\"👾"}],"stream":true,"stream_options":{"include_usage":false}}"#
        let bytes = Array(body.utf8)
        for end in 0..<bytes.count {
            var reader = RequestReader()
            bytes.prefix(end).withUnsafeBytes { reader.feed($0) }
            let read = reader.finish(asksForUsage: true)
            #expect(read.bytes == end)
            if let amendment = read.amendment {
                #expect(amendment.range.lowerBound >= 0 && amendment.range.upperBound <= end)
            }
        }
        let deep = String(repeating: "[", count: 100_000)
        for body in ["}}}}", "]]", #"{"a":}"#, #"{"stream":true"#, #"{"stream":true}}"#, "\u{0}\u{1}", deep] {
            _ = facts(body, in: .random(seed: 3, most: 9), asksForUsage: true)
        }
    }
}

extension RequestReaderTests {
    @Test(
        "The tier, the speed and the place that it asks for",
        arguments: [
            (#"{"service_tier":"flex"}"#, "flex", nil, nil), (#"{"serviceTier":"priority"}"#, "priority", nil, nil),
            (#"{"service_tier":"auto","speed":"fast","inference_geo":"us"}"#, "auto", "fast", "us"),
            (#"{"service_tier":null,"speed":1,"inference_geo":{}}"#, nil, nil, nil),
            (#"{"messages":[{"service_tier":"flex"}]}"#, nil, nil, nil),
        ] as [(String, String?, String?, String?)])
    func tier(body: String, tier: String?, speed: String?, region: String?) {
        for pieces in Pieces.all {
            let read = facts(body, in: pieces)
            #expect(read.tier == tier && read.speed == speed && read.region == region)
        }
    }

    @Test("A completion that searches, and answers of which only the best is shown")
    func searchesAndBest() {
        #expect(facts(#"{"web_search_options":{}}"#).searches && facts(#"{"web_search_options":{"a":[{"b":1}]}}"#, in: .single).searches)
        #expect(!facts(#"{"web_search_options":null}"#).searches && !facts("{}").searches)
        #expect(facts(#"{"best_of":5,"n":2}"#).answers == 5 && facts(#"{"n":4}"#).answers == 4)
        #expect(facts(#"{"generation_config":{"candidate_count":3,"max_output_tokens":10}}"#).outputLimit == 30)
    }
}
