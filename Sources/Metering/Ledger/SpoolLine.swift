import Foundation

/// A change of the ledger that is not in the database yet, as a line of the spool. Fields are separated by tabs; text is cut to 120 bytes of
/// printable ASCII without blanks, so that no field can forge a line. An end mark tells whole lines from cut ones.
enum SpoolLine: Hashable, Sendable {
    /// A request is about to be sent.
    case opened(OpenRequest)
    /// A request has ended.
    case settled(UsageEntry)
    /// A request was not sent; money may be reserved for it.
    case released(RequestID)
    /// A request has ended; its response continues in the background, and its usage is not known yet.
    case left(OpenRequest, response: String)
    /// The usage of a fetched background response. The entry's request is the one that fetched it; its payer must be the one that began the
    /// response.
    case fetched(UsageEntry, FetchedResponse)

    /// The request that the line is about.
    var request: RequestID {
        switch self {
        case .opened(let request), .left(let request, _): request.id
        case .settled(let entry), .fetched(let entry, _): entry.request.id
        case .released(let request): request
        }
    }

    /// The line with its line feed. Built byte by byte, because every request writes two lines.
    var bytes: [UInt8] {
        var line = Writer()
        switch self {
        case .opened(let request):
            line.add("O")
            line.add(request)
            line.add(request.tier)
        case .settled(let entry):
            line.add("S")
            line.add(entry.request)
            line.add(entry.status)
            line.add(entry.model)
            line.add(entry.state.rawValue)
            line.add(Int(entry.cost.rawValue))
            line.add(entry.milliseconds)
            let usage = entry.usage
            for count in [usage.input, usage.cacheRead, usage.cacheWrite, usage.cacheWriteLong] { line.add(count) }
            for count in [usage.output, usage.reasoning, usage.webSearches] { line.add(count) }
            line.add(entry.reasons.text)
            line.add(entry.projectCost.map { String($0.rawValue) })
            line.add(entry.request.tier)
        case .released(let request):
            line.add("R")
            line.add(request.rawValue)
        // What is known of the response precedes the fields of the other lines.
        case .left(let request, let response):
            return Array("B\t\(Self.clean(response))\t".utf8) + SpoolLine.opened(request).bytes.dropFirst()
        case .fetched(let entry, let response):
            return Array("F\t\(Self.clean(response.id))\t\(response.marks)".utf8) + SpoolLine.settled(entry).bytes.dropFirst()
        }
        line.add(Self.mark)
        return line.ended
    }

    /// The last field of every line.
    private static let mark = "."

    /// Reads a line; `nil` if it was cut by a crash or a full disk.
    init?(_ text: some StringProtocol) {
        var fields: [String] = text.split(separator: "\t" as Character, omittingEmptySubsequences: false).map { String($0) }
        // Older versions wrote `b` and `f`, with the response's id alone.
        if let kind = fields.first, ["B", "F", "b", "f"].contains(kind), fields.count > 3 {
            let isOld = kind == "b" || kind == "f"
            let rest = (kind.uppercased() == "B" ? ["O"] : ["S"]) + fields[(isOld ? 2 : 3)...]
            switch SpoolLine(rest.joined(separator: "\t")) {
            case .opened(var request):
                // Older versions wrote the tier here.
                if !isOld, !fields[2].isEmpty { request.tier = fields[2] }
                self = .left(request, response: fields[1])
            case .settled(let entry): self = .fetched(entry, FetchedResponse(id: fields[1], marks: isOld ? "b" : fields[2]))
            case .released, .left, .fetched, nil: return nil
            }
            return
        }
        switch fields.first {
        case "O", "S", "R":
            guard fields.removeLast() == Self.mark else { return nil }
        // Older versions wrote these, without a mark.
        case "o", "s": break
        default: return nil
        }
        if fields.first == "R" {
            guard fields.count == 2 else { return nil }
            self = .released(RequestID(rawValue: fields[1]))
            return
        }
        guard let kind = fields.first, fields.count > 13, var request = OpenRequest(fields: Array(fields[1..<14])) else { return nil }
        // Older versions wrote no tier.
        if (kind == "O" && fields.count == 15) || (kind == "S" && fields.count == 29) {
            let tier = fields.removeLast()
            request.tier = tier.isEmpty ? nil : tier
        }
        switch (kind, fields.count) {
        case ("O", 14), ("o", 14): self = .opened(request)
        // Older versions wrote no reasons.
        case ("S", 28), ("s", 26), ("s", 27):
            let numbers = fields[17..<26].map { Int($0) }
            guard let status = Int(fields[14]), let state = UsageEntry.State(rawValue: fields[16]), !numbers.contains(nil) else {
                return nil
            }
            let counts = numbers.compactMap(\.self)
            self = .settled(
                UsageEntry(
                    request: request, status: status, model: fields[15].isEmpty ? nil : fields[15],
                    usage: TokenUsage(
                        input: counts[2], cacheRead: counts[3], cacheWrite: counts[4], cacheWriteLong: counts[5], output: counts[6],
                        reasoning: counts[7], webSearches: counts[8]),
                    cost: Money(rawValue: Int64(counts[0])),
                    projectCost: fields.count > 27 ? Int64(fields[27]).map(Money.init(rawValue:)) : nil, state: state,
                    reasons: Set(text: fields.count > 26 ? fields[26] : nil), milliseconds: counts[1]))
        default: return nil
        }
    }

    /// A name as it is written in a line and a table.
    static func clean(_ name: String) -> String {
        var writer = Writer()
        writer.add(name)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// Writes fields, keeping only the allowed bytes.
    private struct Writer {
        private(set) var bytes: [UInt8] = []
        private var isFirst = true

        init() { bytes.reserveCapacity(320) }

        /// The line with its line feed.
        var ended: [UInt8] { bytes + [0x0a] }

        private mutating func begin() {
            if !isFirst { bytes.append(0x09) }
            isFirst = false
        }

        mutating func add(_ text: String?) {
            begin()
            guard var text else { return }
            text.withUTF8 { for byte in $0.prefix(120) where byte > 0x20 && byte < 0x7f { bytes.append(byte) } }
        }

        mutating func add(_ number: Int) { add(String(number)) }

        mutating func add(_ request: OpenRequest) {
            add(request.id.rawValue)
            add(Int(request.at))
            for field in request.payer.fields { add(field) }
            add(request.model)
            add(request.requestBytes)
            add(request.outputLimit.map(String.init))
            add(Int(request.reserved.rawValue))
        }
    }
}

extension OpenRequest {
    fileprivate init?(fields: [String]) {
        guard fields.count == 13, let at = Int64(fields[1]), let payer = Payer(fields: Array(fields[2..<9])), let bytes = Int(fields[10]),
            let reserved = Int64(fields[12])
        else { return nil }
        self.init(
            id: RequestID(rawValue: fields[0]), payer: payer, at: at, model: fields[9].isEmpty ? nil : fields[9], requestBytes: bytes,
            outputLimit: Int(fields[11]), reserved: Money(rawValue: reserved))
    }
}
