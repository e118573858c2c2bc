import Foundation
import Yams

/// What models cost: the built-in list and, before it, the user's own.
public struct PriceList: Sendable {
    /// The date of the built-in list, `YYYY-MM-DD`.
    public let asOf: String
    /// What was wrong in the user's file. The lines that are right hold all the same.
    public let problems: [String]
    /// The models that are named in full.
    private let named: [String: Price]
    /// What model names begin with, the longest first.
    private let beginnings: [(text: [UInt8], price: Price)]
    /// What a model costs of which no price is known: as much as the dearest that is known, number by number. Unknown is never
    /// free.
    public let dearest: Price

    /// Reads the lists.
    ///
    /// - Parameter userFile: a path, usually `prices.yaml` in SAM's home. It need not exist.
    public init(userFile: String? = nil) {
        let builtIn = PriceFile(yaml: String(decoding: PackageResources.prices_yaml, as: UTF8.self), name: "built-in prices.yaml")
        var user = PriceFile()
        if let userFile, let content = FileManager.default.contents(atPath: userFile) {
            user = PriceFile(yaml: String(decoding: content, as: UTF8.self), name: userFile)
        }
        asOf = builtIn.asOf ?? ""
        problems = user.problems + builtIn.problems
        // The user's entries stand first, so among equally long patterns theirs holds.
        let entries = user.entries + builtIn.entries
        let isBeginning = { (entry: (pattern: String, price: Price)) in entry.pattern.hasSuffix("*") }
        named = Dictionary(entries.filter { !isBeginning($0) }, uniquingKeysWith: { first, _ in first })
        beginnings = entries.filter(isBeginning).map { (Array($0.pattern.utf8.dropLast()), $0.price) }
            .enumerated().sorted { ($1.element.0.count, $0.offset) < ($0.element.0.count, $1.offset) }.map(\.element)
        dearest = Price(dearestOf: entries.map(\.price))
    }

    /// The price of a model; `nil` for one that is on no list. A name in full holds before a beginning, and a longer beginning
    /// before a shorter one.
    public func price(of model: String) -> Price? {
        // Google and others write a folder before the id.
        let name = model.utf8.lastIndex(of: UInt8(ascii: "/")).map { model[model.utf8.index(after: $0)...] } ?? model[...]
        return named[String(name)] ?? beginnings.first { name.utf8.starts(with: $0.text) }?.price
    }
}

/// One file of prices, read entry by entry: a mistake in one costs that one only.
private struct PriceFile {
    var asOf: String?
    var entries: [(pattern: String, price: Price)] = []
    var problems: [String] = []

    init() {}

    init(yaml: String, name: String) {
        guard let root = try? Yams.compose(yaml: yaml), let fields = root.mapping, let list = fields["prices"]?.sequence else {
            problems = ["\(name): There is no list `prices:`."]
            return
        }
        asOf = fields["as-of"]?.string
        for entry in list {
            let line = entry.mark.map { ":\($0.line)" } ?? ""
            guard let model = entry.mapping?["model"]?.string, !model.isEmpty else {
                problems.append("\(name)\(line): `model` is missing.")
                continue
            }
            do {
                entries.append((model, try Price(entry)))
            } catch {
                problems.append("\(name)\(line): \(model): \(error.message)")
            }
        }
    }
}

extension Price {
    fileprivate init(_ node: Node) throws(MeteringError) {
        rates = try Rates(node)
        search = try Self.amount(node, "search").map { $0 / 1_000 } ?? 0
        most = node.mapping?["most"]?.int ?? 128_000
        guard most >= 0 else { throw MeteringError(.invalid, "`most` is a number of tokens.") }
        if let above = node.mapping?["above"] {
            guard let tokens = above.mapping?["tokens"]?.int else { throw MeteringError(.invalid, "`above` has `tokens`.") }
            self.above = LongPrompt(tokens: tokens, rates: try Rates(above))
        }
    }

    /// Dollars in a file, as billionths.
    fileprivate static func amount(_ node: Node, _ key: String) throws(MeteringError) -> Int64? {
        guard let value = node.mapping?[key] else { return nil }
        guard let text = value.string, let money = try? Money(parsing: text) else {
            throw MeteringError(.invalid, "`\(key)` is an amount of dollars.")
        }
        return money.rawValue
    }
}

extension Price.Rates {
    fileprivate init(_ node: Node) throws(MeteringError) {
        guard let input = try Price.amount(node, "input"), let output = try Price.amount(node, "output") else {
            throw MeteringError(.invalid, "`input` or `output` is missing.")
        }
        self.input = input
        self.output = output
        cacheRead = try Price.amount(node, "cache-read") ?? input
        cacheWrite = try Price.amount(node, "cache-write") ?? input
        cacheWriteLong = try Price.amount(node, "cache-write-long") ?? input
    }
}
