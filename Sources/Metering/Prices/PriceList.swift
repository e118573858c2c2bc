import Foundation

/// The prices of models: the built-in list and the user's own, which takes precedence. Immutable and thread-safe.
public struct PriceList: Sendable {
    /// The date of the built-in list, `YYYY-MM-DD`.
    public let asOf: String
    /// Problems in the price files. Their valid entries are used.
    public let problems: [String]
    /// All entries, the user's own first.
    public let entries: [ListedPrice]
    /// The entries by model.
    private let named: [String: [ListedPrice]]
    /// The entries with `*`, the longest first.
    private let beginnings: [ListedPrice]
    /// The highest known price, rate by rate. Unknown models are never free.
    public let dearest: Price
    /// The highest price of each maker.
    private let dearestOfMaker: [String: Price]
    /// The highest price of each family of models, by maker and family.
    private let dearestOfFamily: [String: Price]
    /// The median of the list, rate by rate.
    public let median: Price

    /// Reads the price files.
    ///
    /// - Parameter userFile: a path, usually `prices.yaml` in SAM's home. It need not exist.
    public init(userFile: String? = nil) {
        let builtIn = Self.builtIn
        var user = PriceFile()
        if let userFile, let content = FileManager.default.contents(atPath: userFile) {
            user = PriceFile(yaml: String(decoding: content, as: UTF8.self), name: userFile, isOwn: true)
        }
        asOf = builtIn.asOf ?? ""
        problems = user.problems + builtIn.problems
        // The user's entries come first, so that they win among equal names.
        entries = user.entries + builtIn.entries
        named = Dictionary(grouping: entries, by: \.model)
        beginnings = entries.filter(\.isBeginning).enumerated()
            .sorted { ($1.element.model.utf8.count, $0.offset) < ($0.element.model.utf8.count, $1.offset) }.map(\.element)
        dearest = Price(dearestOf: entries.map(\.price))
        // Models without output, such as embeddings, are left out of the median.
        let writing = builtIn.entries.filter { $0.price.most > 0 }
        median = Price(medianOf: writing.map(\.price))
        dearestOfMaker = Dictionary(grouping: entries.filter { $0.maker != nil }) { $0.maker ?? "" }
            .mapValues { Price(dearestOf: $0.map(\.price)) }
        dearestOfFamily = Dictionary(grouping: entries) { Self.family($0.maker, $0.model) }.mapValues { Price(dearestOf: $0.map(\.price)) }
    }

    private static let builtIn = PriceFile(
        yaml: String(decoding: PackageResources.prices_yaml, as: UTF8.self), name: "built-in prices.yaml", isOwn: false)

    private static func family(_ maker: String?, _ model: String) -> String { "\(maker ?? "")/\(ModelName.family(of: model))" }

    /// The maker whose models a provider sells; `nil` for a custom endpoint, which may sell any.
    static func maker(behind provider: String) -> String? {
        switch provider {
        case "anthropic", "google", "mistral", "openai": provider
        case "openai-chatgpt": "openai"
        default: nil
        }
    }

    /// The price of a model by its name, with or without a date, `-latest` or Google's version suffix; `nil` if no list has it.
    public func price(of model: String) -> Price? {
        entry(ModelName(model), sold: nil)?.price
    }

    private func entry(_ name: ModelName, sold maker: String?) -> ListedPrice? {
        for spelling in name.spellings {
            if let entry = entry(spelling, maker) { return entry }
            if let version = ModelName.undated(spelling), let entry = entry(version, maker) { return entry }
            if let version = ModelName.unversioned(spelling), let entry = entry(version, maker), entry.maker == "google" { return entry }
        }
        return nil
    }

    /// Of several entries with a name the user's own wins, then the requested maker's.
    private func entry(_ name: String, _ maker: String?) -> ListedPrice? {
        guard let entries = named[name] else { return nil }
        return entries.first(where: \.isOwn) ?? entries.first { $0.maker == maker } ?? entries.first
    }

    /// Finds the price for a request.
    ///
    /// - Parameters:
    ///   - model: the requested name, or the one in the response.
    ///   - provider: the id of the provider.
    public func quote(of model: String?, at provider: String) -> Quote {
        // A rehearsal is free under any model name.
        if provider == "rehearsal" { return Quote(price: .nothing, basis: .listed) }
        let maker = Self.maker(behind: provider)
        let unknown = maker.flatMap { dearestOfMaker[$0] } ?? median
        guard let model, !model.isEmpty else { return Quote(price: unknown, basis: .unknown) }
        let name = ModelName(model)
        if let entry = entry(name, sold: maker) {
            let isTheirs = entry.maker == nil || (maker == nil ? !name.isPrefixed : entry.maker == maker)
            return Quote(price: entry.price, basis: isTheirs ? .listed : .otherSeller)
        }
        for spelling in name.spellings {
            if let entry = beginnings.first(where: { spelling.utf8.starts(with: $0.model.utf8) }) {
                return Quote(price: entry.price, basis: .beginning)
            }
            for beginning in ModelName.beginnings(of: spelling) {
                guard let entry = entry(beginning, maker) else { continue }
                return Quote(price: dearestOfFamily[Self.family(entry.maker, entry.model)] ?? entry.price, basis: .similar)
            }
        }
        return Quote(price: unknown, basis: .unknown)
    }
}
