import Foundation

/// A line of the spool: a request that began or one that ended. Fields are told apart by tabs; what comes from outside is
/// cut and cleaned, so that no line can be forged.
enum SpoolLine: Hashable {
    case opened(OpenRequest)
    case settled(UsageEntry)

    var text: String {
        switch self {
        case .opened(let request): (["o"] + Self.fields(request)).joined(separator: "\t") + "\n"
        case .settled(let entry):
            (["s"] + Self.fields(entry.request)
                + [
                    String(entry.status), Self.clean(entry.model ?? ""), entry.state.rawValue, String(entry.cost.rawValue),
                    String(entry.milliseconds), String(entry.usage.input), String(entry.usage.cacheRead), String(entry.usage.cacheWrite),
                    String(entry.usage.cacheWriteLong), String(entry.usage.output), String(entry.usage.reasoning),
                    String(entry.usage.webSearches),
                ]).joined(separator: "\t") + "\n"
        }
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

    private static func fields(_ request: OpenRequest) -> [String] {
        [request.id.rawValue, String(request.at)] + request.payer.fields.map(clean)
            + [
                clean(request.model ?? ""), String(request.requestBytes), request.outputLimit.map(String.init) ?? "",
                String(request.reserved.rawValue),
            ]
    }

    /// A model's name as it may stand in a line and a table.
    static func clean(_ name: String) -> String {
        String(String.UnicodeScalarView(name.unicodeScalars.prefix(120).filter { (0x21...0x7e).contains($0.value) }))
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
