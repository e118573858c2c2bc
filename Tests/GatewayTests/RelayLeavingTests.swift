import Gateway
import Metering
import NIOCore
import Testing

@Suite("When one side leaves in the middle of an answer", .timeLimit(.minutes(20)))
struct RelayLeavingTests {
    /// A client and a provider, with the request between them.
    private func begin(_ answer: MeteredAnswer, _ door: Door, _ fixture: GatewayFixture) async throws -> (RawWire, RawWire) {
        let client = try await door.connect()
        try await client.send(door.request(answer.path, body: answer.request))
        let provider = try await fixture.upstream.accept()
        _ = try await provider.message()
        return (client, provider)
    }

    /// `nil` is before the answer's head.
    @Test("After each event the client may go: the provider finishes, and what it used is known exactly", arguments: MeteredAnswer.streams)
    func clientLeaves(answer: MeteredAnswer) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            let moments: [Int?] = [nil] + (0...answer.parts.count).map { $0 }
            for (index, seen) in moments.enumerated() {
                let (client, provider) = try await begin(answer, door, fixture)
                if let seen {
                    try await provider.send(ScriptedUpstream.streamHead)
                    try await client.sees("\r\n\r\n")
                    for part in answer.parts.prefix(seen) {
                        try await provider.send(ScriptedUpstream.chunk(part))
                        try await client.sees(part)
                    }
                }
                // Ending and breaking off look different to a server.
                if index.isMultiple(of: 2) { await client.close() } else { try await client.reset() }
                if seen == nil { try await provider.send(ScriptedUpstream.streamHead) }
                for part in answer.parts.dropFirst(seen ?? 0) { try await provider.send(ScriptedUpstream.chunk(part)) }
                try await provider.send(ScriptedUpstream.lastChunk)

                let rows = try await fixture.rows(index + 1)
                #expect(rows.count == index + 1)
                let row = try #require(rows.last)
                #expect(row.usage == answer.usage, "left after \(seen ?? -1)")
                #expect(row.state == "exact", "left after \(seen ?? -1)")
                #expect(row.cost == (try fixture.price(of: answer.model, answer.usage)))
            }
        }
    }

    @Test(
        "After each event the provider may break off: the client sees it, and what was not told is estimated",
        arguments: MeteredAnswer.streams)
    func providerLeaves(answer: MeteredAnswer) async throws {
        try await GatewayFixture.with { fixture in
            let door = try await fixture.session()
            for sent in 0...answer.parts.count {
                let (client, provider) = try await begin(answer, door, fixture)
                try await provider.send(ScriptedUpstream.streamHead)
                for part in answer.parts.prefix(sent) { try await provider.send(ScriptedUpstream.chunk(part)) }
                if sent.isMultiple(of: 2) {
                    await provider.close()
                } else {
                    // A reset takes away what the other side has not read yet.
                    if let last = answer.parts.prefix(sent).last { try await client.sees(last) }
                    try await provider.reset()
                }

                let got = try #require(try RawMessage(try await client.end(), answering: "POST", hasEnded: true))
                #expect(got.text == answer.parts.prefix(sent).joined())
                #expect(!got.isWhole, "after \(sent) parts the client must not take it for all there is")

                let rows = try await fixture.rows(sent + 1)
                #expect(rows.count == sent + 1)
                let row = try #require(rows.last)
                #expect(row.cost > .zero)
                #expect(row.status == 200)
                if let told = answer.toldAfter, sent >= told {
                    #expect(row.usage == answer.usage)
                } else {
                    #expect(row.state == "estimated", "cut after \(sent)")
                }
            }
        }
    }

    @Test("An answer whose length was told is cut visibly, too", arguments: [0, 1, 9])
    func cutLength(count: Int) async throws {
        try await GatewayFixture.with { fixture in
            let (client, provider) = try await begin(.messages, try await fixture.session(), fixture)
            try await provider.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + String(repeating: "x", count: count))
            await provider.close()
            let got = try #require(try RawMessage(try await client.end(), answering: "POST", hasEnded: true))
            #expect(got.body.count == count)
            #expect(!got.isWhole)
            #expect(try await fixture.rows(1).map(\.state) == ["estimated"])
        }
    }

    @Test("An abandoned answer is read up to a limit and no further")
    func drainedEnough() async throws {
        try await GatewayFixture.with { fixture in
            let (client, provider) = try await begin(.messages, try await fixture.session(), fixture)
            try await provider.send(ScriptedUpstream.streamHead)
            try await client.sees("\r\n\r\n")
            await client.close()
            // It would go on for ever if it were let.
            let mebibyte = ScriptedUpstream.chunk([UInt8](repeating: 0x78, count: 1 << 20))
            var sent = 0
            while sent < 256, !provider.current.hasEnded, (try? await provider.send(mebibyte)) != nil { sent += 1 }
            try await provider.end()
            #expect(sent < 256)
            #expect(try await fixture.rows(1).map(\.state) == ["estimated"])
        }
    }

    @Test("An abandoned answer that does not come is not waited for")
    func drainedLongEnough() async throws {
        var limits = RelayLimits()
        limits.drain = .milliseconds(1)
        try await GatewayFixture.with(limits: limits) { fixture in
            let (client, provider) = try await begin(.messages, try await fixture.session(), fixture)
            await client.close()
            try await provider.end()
            #expect(try await fixture.rows(1).map(\.state) == ["estimated"])
        }
    }

    @Test("A provider that falls silent is given up, and the client sees a cut")
    func silence() async throws {
        var limits = RelayLimits()
        limits.silence = .milliseconds(1)
        try await GatewayFixture.with(limits: limits) { fixture in
            let (client, provider) = try await begin(.messages, try await fixture.session(), fixture)
            try await provider.send(ScriptedUpstream.streamHead)
            // On a slow machine it is given up before its head has come: then the client hears of it.
            let got = try await client.message(answering: "POST")
            #expect(got.status == 200 ? !got.isWhole : got.isRefusal(.anthropic))
            try await provider.end()
            #expect(try await fixture.rows(1).map(\.state) == ["estimated"])
        }
    }
}
