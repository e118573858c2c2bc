import ArgumentParser
import Foundation
import Processes

/// The gateway beside nginx and LiteLLM: same model behind them, same core, in turn.
struct GatewayComparison: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway", abstract: "The gateway against nginx's proxy_pass and LiteLLM's proxy.",
        discussion: """
            Needs nginx, wrk and taskset; LiteLLM is left out where --litellm is. One core is the gateway's, the other one the model's and
            the client's. SAM authorises and meters; LiteLLM has its master key and no database; nginx does nothing of that kind.
            """)

    @Option(help: "The litellm program.")
    var litellm: String?

    @Option(help: "Rounds of requests per second; the gateways take turns in each.")
    var rounds = 3

    @Option(help: "Seconds of one measurement.")
    var seconds = 4

    @Option(help: "Connections at once.")
    var connections = 32

    @Option(help: "Requests one after another, for what one connection waits.")
    var requests = 3_000

    @Option(help: "Idle streams at once, for memory.")
    var idle = [1_000, 5_000]

    private static let sizes = [(1_000, "1 KB"), (100_000, "100 KB"), (1_000_000, "1 MB")]

    func run() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        raiseDescriptorLimit()
        _ = try await Command("/usr/bin/taskset", ["-acp", "1", "\(getpid())"], environment: [:]).run()
        let model = try Command("/usr/bin/taskset", ["-c", "1", Program.ownFolder + "/benchmarks", "model"], environment: [:])
            .detach(log: scratch.path + "/model.log")
        defer { kill(model, SIGKILL) }
        let starter = PeerStarter(scratch: scratch.path, models: try await ports(scratch.path + "/model.log"), litellm: litellm, core: 0)

        var peers: [RunningPeer] = []
        defer { for peer in peers { peer.stop() } }
        for peer in GatewayPeer.allCases {
            if let running = try await starter.start(peer) { peers.append(running) }
        }
        try await printRates(peers, scratch.path)
        try await onThread { try printWaits(peers) }
        for peer in peers { peer.stop() }
        peers = []
        try await printMemory(starter)
    }

    private func ports(_ log: String) async throws -> [ModelAnswer: Int] {
        for _ in 0..<200 {
            let numbers = ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(whereSeparator: \.isWhitespace).compactMap {
                Int($0)
            }
            if numbers.count == ModelAnswer.allCases.count { return Dictionary(uniqueKeysWithValues: zip(ModelAnswer.allCases, numbers)) }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw ValidationError("The model does not listen.")
    }

    // MARK: - Requests a second

    private func printRates(_ peers: [RunningPeer], _ scratch: String) async throws {
        let names = peers.map(\.peer.rawValue).joined(separator: " | ")
        row("\n| requests a second, \(connections) connections | \(names) | SAM : nginx | SAM : LiteLLM |")
        row("| --- |" + String(repeating: " --- |", count: peers.count + 2))
        for way in [ModelAnswer.whole, .stream] {
            for (size, name) in Self.sizes {
                var rates: [GatewayPeer: [Double]] = [:]
                for _ in 0..<rounds {
                    for peer in peers { rates[peer.peer, default: []].append(try await rate(peer, way, size, scratch)) }
                }
                let medians = rates.mapValues { $0.sorted()[$0.count / 2] }
                let figures = peers.map { String(format: "%.0f", medians[$0.peer] ?? 0) }.joined(separator: " | ")
                row(
                    "| \(name), \(way == .whole ? "answered whole" : "streamed") | \(figures) | \(ratio(medians, .nginx)) | \(ratio(medians, .litellm)) |"
                )
            }
        }
    }

    private func ratio(_ rates: [GatewayPeer: Double], _ peer: GatewayPeer) -> String {
        guard let own = rates[.sam], let other = rates[peer], other > 0 else { return "—" }
        return String(format: "%.2f", own / other)
    }

    private func rate(_ peer: RunningPeer, _ way: ModelAnswer, _ size: Int, _ scratch: String) async throws -> Double {
        guard let target = peer.targets[way] else { return 0 }
        let (headers, body) = target.request(size, streams: way == .stream)
        let script = scratch + "/request.lua"
        let lines = headers.map { "wrk.headers[\"\($0)\"] = \"\($1)\"\n" }.joined()
        try "wrk.method = \"POST\"\n\(lines)wrk.body = [==[\(body)]==]\n".write(toFile: script, atomically: true, encoding: .utf8)
        let output = try await Command(
            "/usr/bin/taskset",
            ["-c", "1", "/usr/bin/wrk", "-t1", "-c\(connections)", "-d\(seconds)s", "--timeout", "30s", "-s", script]
                + ["http://127.0.0.1:\(target.port)\(target.path)"], environment: [:]
        ).run(timeout: .seconds(120))
        guard output.termination.isSuccess, !output.text.contains("Non-2xx"), !output.text.contains("Socket errors"),
            let line = output.text.split(separator: "\n").first(where: { $0.hasPrefix("Requests/sec:") }),
            let rate = Double(line.split(separator: " ").last ?? "")
        else { throw ValidationError("\(peer.peer.rawValue), \(way.rawValue), \(size): \(output.text)\(output.standardError)") }
        return rate
    }

    // MARK: - One connection

    private func printWaits(_ peers: [RunningPeer]) throws {
        row("\n| one connection, a request of 1 KB | p50 µs | p99 µs | added p50 | added p99 | added p50 : nginx | added p99 : nginx |")
        row("| --- | --- | --- | --- | --- | --- | --- |")
        for way in [ModelAnswer.whole, .stream] {
            var waits: [GatewayPeer: [Double]] = [:]
            let connections = try peers.compactMap { peer in
                try peer.targets[way].map { (peer.peer, try BlockingSocket(port: $0.port), $0.bytes(1_000, streams: way == .stream)) }
            }
            // In turn, request by request, so that the machine's moods are everybody's.
            for number in 0..<(requests + 200) {
                for (peer, connection, bytes) in connections where peer != .litellm || number % 10 == 0 {
                    let start = ContinuousClock.now
                    try connection.send(bytes)
                    let first = try connection.answer()
                    if number >= 200 { waits[peer, default: []].append((way == .stream ? first - start : .now - start).microseconds) }
                }
            }
            let ends = waits.mapValues { Percentiles($0) }
            for (peer, _, _) in connections {
                guard let own = ends[peer], let bare = ends[.direct], let nginx = ends[.nginx] else { continue }
                let added = [own.p50 - bare.p50, own.p99 - bare.p99]
                let ratios = [added[0] / (nginx.p50 - bare.p50), added[1] / (nginx.p99 - bare.p99)]
                let figures = ([own.p50, own.p99] + added).map { String(format: "%.0f", $0) } + ratios.map { String(format: "%.2f", $0) }
                let isBare = peer == .direct
                row(
                    "| \(peer.rawValue), \(way == .stream ? "to the first byte of a stream" : "to the answer's end") | "
                        + (isBare ? figures.prefix(2) + ["", "", "", ""] : figures[...]).joined(separator: " | ") + " |")
            }
        }
    }

    // MARK: - Memory

    private func printMemory(_ starter: PeerStarter) async throws {
        let counts = [0] + idle.sorted()
        row("\n| memory, MiB | \(counts.map { "\($0) idle streams" }.joined(separator: " | ")) | KiB a stream |")
        row("| --- |" + String(repeating: " --- |", count: counts.count + 1))
        for peer in GatewayPeer.allCases where peer != .direct {
            guard let running = try await starter.start(peer) else { continue }
            defer { running.stop() }
            let sizes = try await onThread { try memories(running, counts) }
            let most = counts[sizes.count - 1]
            let each = most > 0 ? String(format: "%.1f", Double(sizes[sizes.count - 1] - sizes[0]) / Double(most) / 1_024) : "—"
            let figures = counts.indices.map { $0 < sizes.count ? String(format: "%.1f", Double(sizes[$0]) / Double(1 << 20)) : "—" }
                .joined(separator: " | ")
            row("| \(peer.rawValue) | \(figures) | \(each) |")
        }
    }

    /// - Returns: the sizes, as far as it got: who holds back a stream's first events for a minute is asked no more.
    private func memories(_ running: RunningPeer, _ counts: [Int]) throws -> [Int] {
        guard let target = running.targets[.idle] else { return [] }
        let bytes = target.bytes(1_000, streams: true)
        var streams: [BlockingSocket] = []
        var sizes: [Int] = []
        for count in counts {
            while streams.count < count {
                let stream = try BlockingSocket(port: target.port)
                try stream.send(bytes)
                guard (try? stream.answer(firstEventOnly: true)) != nil else { return sizes }
                streams.append(stream)
            }
            sizes.append(try running.memory())
        }
        return sizes
    }

    // MARK: - The machine

    /// A line, at once: the next one takes its time.
    private func row(_ line: String) {
        print(line)
        fflush(nil)
    }

    /// Blocking calls are for a thread that nobody else needs.
    private func onThread<Value: Sendable>(_ body: @escaping () throws -> Value) async throws -> Value {
        let work = UncheckedBody(run: body)
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try work.run() }) }
        }
    }

    /// The closure runs once, on a thread of its own, while its maker waits: nothing of it is used by two at once.
    private struct UncheckedBody<Value>: @unchecked Sendable {
        let run: () throws -> Value
    }

    private func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// The middle and the end of what was waited.
private struct Percentiles {
    let p50: Double
    let p99: Double

    init(_ values: [Double]) {
        let sorted = values.sorted()
        p50 = sorted[sorted.count / 2]
        p99 = sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
    }
}

extension Duration {
    fileprivate var microseconds: Double { Double(components.seconds) * 1e6 + Double(components.attoseconds) / 1e12 }
}
