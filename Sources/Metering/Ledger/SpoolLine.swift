import Foundation

/// A line of the spool: a request that began or one that ended. Fields are told apart by tabs; what comes from outside is
/// cut and cleaned, so that no line can be forged.
enum SpoolLine: Hashable {
    case opened(OpenRequest)
    case settled(UsageEntry)

    /// The line with its end. Every request writes two, so it is made a byte at a time and not out of strings.
    var bytes: [UInt8] {
        var line = Writer()
        switch self {
        case .opened(let request):
            line.add("o")
            line.add(request)
        case .settled(let entry):
            line.add("s")
            line.add(entry.request)
            line.add(entry.status)
            line.add(entry.model)
            line.add(entry.state.rawValue)
            line.add(Int(entry.cost.rawValue))
            line.add(entry.milliseconds)
            let usage = entry.usage
            for count in [usage.input, usage.cacheRead, usage.cacheWrite, usage.cacheWriteLong] { line.add(count) }
            for count in [usage.output, usage.reasoning, usage.webSearches] { line.add(count) }
        }
        return line.ended
    }

    /// Reads a line. A line that was cut by a sudden death is none.
    init?(_ text: some StringProtocol) {
        let fields: [String] = text.split(separator: "\t" as Character, omittingEmptySubsequences: false).map { String($0) }
        guard let kind = fields.first, fields.count > 13, let request = OpenRequest(fields: Array(fields[1..<14])) else { return nil }
        switch (kind, fields.count) {
        case ("o", 14): self = .opened(request)
        case ("s", 26):
            let numbers = fields[17...].map { Int($0) }
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
                    cost: Money(rawValue: Int64(counts[0])), state: state, milliseconds: counts[1]))
        default: return nil
        }
    }

    /// A model's name as it may stand in a line and a table.
    static func clean(_ name: String) -> String {
        var writer = Writer()
        writer.add(name)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// Writes fields, each with what may stand in a line.
    private struct Writer {
        private(set) var bytes: [UInt8] = []
        private var isFirst = true

        init() { bytes.reserveCapacity(320) }

        /// The line, with its end.
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
