import Foundation
import Synchronization

/// What a provider made of a plan: which bytes it sent, and what they mean.
struct Sending: Sendable {
    var codings: [BodyCoding]
    /// The body before it was coded, and the same without the chunk that only the gateway asked for.
    var plain: [UInt8]
    var withoutAsked: [UInt8]
    /// Whether the request that came in asked for the usage.
    var isAsked: Bool
    /// The request's body as it came.
    var request: [UInt8]
    /// What was sent of the coded body.
    var coded: [UInt8]
    var isCut: Bool
    /// The `accept-encoding` that came in.
    var accepted: [String]
    /// Whether everything was written.
    var isOver = false

    /// What can be read of what was sent.
    var readable: [UInt8] { codings.reversed().reduce(coded) { $1.decode($0) } }
}

/// Who answers by plan: each request names its exchange.
struct PlannedUpstream: Sendable {
    static let header = "x-exchange"

    let plans: [Int: ExchangePlan]
    private let board = Board()

    private final class Board: Sendable {
        let sendings = Mutex<[Int: Sending]>([:])
        let arrivals = Mutex<[Int: Int]>([:])
    }

    init(_ plans: [ExchangePlan]) { self.plans = Dictionary(uniqueKeysWithValues: plans.map { ($0.number, $0) }) }

    func sending(_ number: Int) -> Sending? { board.sendings.withLock { $0[number] } }

    /// How often a request came in.
    func arrivals(_ number: Int) -> Int { board.arrivals.withLock { $0[number] ?? 0 } }

    /// Answers on all connections until it is cancelled.
    func serve(_ upstream: ScriptedUpstream) async {
        await withTaskGroup(of: Void.self) { group in
            while !Task.isCancelled {
                guard let wire = try? await upstream.accept() else { continue }
                group.addTask { await serve(wire) }
            }
        }
    }

    private func serve(_ wire: RawWire) async {
        // A connection that is kept for later may be idle for as long as it stands.
        while let request = try? await wire.message(within: nil) {
            guard let number = request.values(Self.header).first.flatMap({ Int($0) }), let plan = plans[number] else { break }
            var dice = plan.dice
            let arrival = board.arrivals.withLock { arrivals in
                arrivals[number, default: 0] += 1
                return arrivals[number] ?? 0
            }
            // Not over yet.
            if arrival <= plan.waiting.count {
                let body = plan.waiting[arrival - 1]
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
                try? await wire.send(Array(head.utf8) + body)
                continue
            }
            var sending = sending(plan, for: request, &dice)
            board.sendings.withLock { [sending] in $0[number] = sending }
            // The gateway may not want the rest.
            try? await send(sending, of: plan, over: wire, &dice)
            sending.isOver = true
            board.sendings.withLock { [sending] in $0[number] = sending }
            if plan.framing == .close || sending.isCut && plan.cut?.how != .silent { break }
        }
        await wire.close()
    }

    private func sending(_ plan: ExchangePlan, for request: RawMessage, _ dice: inout Dice) -> Sending {
        let body = plan.requestCoding.decode(request.body)
        let json = (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any]
        let isAsked = (json?["stream_options"] as? [String: Any])?["include_usage"] as? Bool == true
        let blocks = plan.blocks.filter { isAsked || !$0.isAsked }
        let plain = blocks.flatMap(\.bytes)
        let accepted = CodingHeaders.accepted(request.values("accept-encoding"))
        let codings =
            plan.codings.first { codings in !plan.isHonest || codings.allSatisfy { accepted.contains($0.name) || accepted.contains("*") } }
            ?? []
        let coded = codings.reduce(plain) { $1.encode($0, &dice) }
        let count = plan.cut.map { coded.count * $0.at / 10_000 } ?? coded.count
        return Sending(
            codings: codings, plain: plain, withoutAsked: plan.asksUsage ? plain : blocks.filter { !$0.isAsked }.flatMap(\.bytes),
            isAsked: isAsked, request: request.body, coded: Array(coded.prefix(count)), isCut: count < coded.count, accepted: accepted)
    }

    private func send(_ sending: Sending, of plan: ExchangePlan, over wire: RawWire, _ dice: inout Dice) async throws {
        var status = "200 OK"
        if case .refused(let refusal) = plan.other { status = refusal }
        var lines = ["HTTP/1.1 \(status)", "Content-Type: \(plan.contentType)"] + plan.headers
        if !sending.codings.isEmpty {
            let names = sending.codings.map(\.name).joined(separator: ", ")
            lines.append("Content-Encoding: \(dice.chance(10) ? names.uppercased() : names)")
        }
        let isSilent = plan.cut?.how == .silent
        switch plan.framing {
        case .chunked: lines.append("Transfer-Encoding: chunked")
        case .length:
            // One that is cut promised more.
            lines.append("Content-Length: \(sending.coded.count + (sending.isCut && !isSilent ? 10 : 0))")
        case .close: lines.append("Connection: close")
        }
        try await wire.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
        let most = max(plan.piece, sending.coded.count / 60)
        var start = 0
        while start < sending.coded.count {
            let end = min(sending.coded.count, start + dice.int(1...most))
            let piece = Array(sending.coded[start..<end])
            try await wire.send(plan.framing == .chunked ? ScriptedUpstream.chunk(piece) : piece)
            // Whoever reads has a chance to read a piece by itself.
            for _ in 0..<dice.int(0...4) { await Task.yield() }
            start = end
        }
        if sending.isCut, plan.cut?.how == .reset { try await wire.reset() }
        if plan.framing == .chunked, !sending.isCut || isSilent { try await wire.send(ScriptedUpstream.lastChunk) }
    }
}
