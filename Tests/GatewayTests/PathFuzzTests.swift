import Credentials
import Fuzzing
import Metering
import Store
import Testing

@testable import Gateway

/// Paths by lot against what the documentation says of paths, which ``PathRules`` reads by itself.
@Suite("Paths by lot", .timeLimit(.minutes(10)))
struct PathFuzzTests {
    @Test("A path is malformed or not as RFC 3986 has it, and whatever it is, its kind is found without harm")
    func malformed() {
        var generator = SeededGenerator(seed: 11)
        var counts: [Bool: Int] = [:]
        for _ in 0..<6_000 {
            let path = PathRules.path(&generator)
            let target = RequestTarget(path)
            let isWellFormed = PathRules.isWellFormed(path)
            #expect((target.complaint == nil) == isWellFormed, "\(path.debugDescription): \(target.complaint ?? "no complaint")")
            counts[isWellFormed, default: 0] += 1
            for seller in PathRules.sellers {
                let format = Metering.WireFormat(seller.dialect, provider: seller.provider, method: "POST", path: path)
                let kind = PathRules.kind(of: path, at: seller.provider)
                if isWellFormed { #expect(PathRules.Kind(format) == kind, "\(path) at \(seller.provider)") }
                #expect(Metering.WireFormat(seller.dialect, provider: seller.provider, method: "GET", path: path) == .free)
            }
        }
        #expect(counts.values.allSatisfy { $0 > 500 }, "\(counts)")
    }

    @Test("Through the gateway a malformed path gets 400, what is no model call costs nothing, and an unknown path says that it is one")
    func relayed() async throws {
        try await GatewayFixture.with { fixture in
            // Each request has a model of its own, and what costs anything is booked under it.
            fixture.upstream.answering { request in
                let model = request.text.firstMatch(of: /m-[0-9]+/).map { String($0.output) } ?? ""
                let usage =
                    #""usage":{"prompt_tokens":9,"completion_tokens":5,"input_tokens":9,"output_tokens":5},"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":5}"#
                return Array(ScriptedUpstream.answer(#"{"model":"\#(model)","modelVersion":"\#(model)",\#(usage)}"#).utf8)
            }
            let door = try await fixture.network()
            var generator = SeededGenerator(seed: 12)
            var expected: [String: PathRules.Kind] = [:]
            for number in 0..<600 {
                let seller = PathRules.sellers[Int.random(in: 0..<PathRules.sellers.count, using: &generator)]
                // Others end the request's line.
                let path = PathRules.path(&generator).filter {
                    $0.isASCII && !$0.isWhitespace && $0 != "\u{7f}" && ($0.asciiValue ?? 0) > 0x20
                }
                guard path.hasPrefix("/") else { continue }
                let answer = try await door.ask(seller.path + path, body: #"{"model":"m-\#(number)"}"#)
                let isWellFormed = PathRules.isWellFormed(path)
                #expect(answer.status == (isWellFormed ? 200 : 400), "\(seller.path + path): \(answer.start)")
                if !isWellFormed { #expect(answer.isRefusal(seller.dialect), "\(answer.everything)") }
                expected["m-\(number)"] = isWellFormed ? PathRules.kind(of: path, at: seller.provider) : .malformed
            }
            let booked = expected.filter { $0.value == .model || $0.value == .unknown }
            let rows = try await fixture.rows(booked.count)
            #expect(Set(rows.compactMap(\.model)) == Set(booked.keys))
            #expect(fixture.upstream.requests.count == expected.count { $0.value != .malformed })
            #expect(rows.allSatisfy { $0.cost > .zero })
            let why = try await fixture.store.read { transaction in
                try transaction.query("SELECT model, why FROM usage").map { (try $0.text("model"), try $0.optionalText("why") ?? "") }
            }
            for (model, reasons) in why {
                #expect(reasons.split(separator: ",").contains("path") == (expected[model] == .unknown), "\(model): \(reasons)")
            }
            for kind in PathRules.Kind.allCases { #expect(expected.values.contains(kind), "No path was \(kind)") }
        }
    }
}
