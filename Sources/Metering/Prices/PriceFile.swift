import Yams

/// A price file, read entry by entry: a mistake invalidates only its own entry.
struct PriceFile: Sendable {
    var asOf: String?
    var entries: [ListedPrice] = []
    var problems: [String] = []
    /// The prices of a call of each tool, by maker and tool, in billionths of a dollar.
    var tools: [String: [String: Int64]] = [:]

    init() {}

    init(yaml: String, name: String, isOwn: Bool) {
        guard let root = try? Yams.compose(yaml: yaml), let fields = root.mapping, let list = fields["prices"]?.sequence else {
            problems = ["\(name): There is no list `prices:`."]
            return
        }
        asOf = fields["as-of"]?.string
        do {
            for (maker, node) in try (fields["tools"]?.mapping).map(Self.named) ?? [] {
                tools[maker] = try Price.tools(node)
            }
        } catch {
            problems.append("\(name): \(error.message)")
        }
        for entry in list {
            let line = entry.mark.map { ":\($0.line)" } ?? ""
            guard var model = entry.mapping?["model"]?.string, !model.isEmpty else {
                problems.append("\(name)\(line): `model` is missing.")
                continue
            }
            do {
                let price = try Price(entry)
                let isBeginning = model.hasSuffix("*")
                if isBeginning { model.removeLast() }
                let source = entry.mapping?["source"]?.string
                entries.append(
                    ListedPrice(
                        model: model.lowercased(), maker: entry.mapping?["maker"]?.string,
                        source: source.map { fields["sources"]?.mapping?[$0]?.string ?? $0 }, read: entry.mapping?["read"]?.string,
                        isOwn: isOwn, isBeginning: isBeginning, price: price))
            } catch {
                problems.append("\(name)\(line): \(model): \(error.message)")
            }
        }
        for index in entries.indices {
            guard let maker = entries[index].maker, let shared = tools[maker] else { continue }
            entries[index].price.tools.merge(shared) { own, _ in own }
        }
    }

    fileprivate static func named(_ mapping: Node.Mapping) throws(MeteringError) -> [(String, Node)] {
        var pairs: [(String, Node)] = []
        for (key, value) in mapping {
            guard let name = key.string else { throw MeteringError(.invalid, "A name is missing.") }
            pairs.append((name, value))
        }
        return pairs
    }
}

extension Price {
    fileprivate init(_ node: Node) throws(MeteringError) {
        let fields = node.mapping
        self.init(
            try Schedule(node), search: try Self.amount(node, "search").map { $0 / 1_000 }, most: fields?["most"]?.int ?? 128_000)
        guard most >= 0 else { throw MeteringError(.invalid, "`most` is a number of tokens.") }
        if let unit = fields?["search-per"] {
            guard let unit = unit.string.flatMap(SearchUnit.init) else {
                throw MeteringError(.invalid, "`search-per` is search or request.")
            }
            searchUnit = unit
        }
        if let node = fields?["tiers"] {
            guard let mapping = node.mapping else { throw MeteringError(.invalid, "`tiers` has a name for each tier.") }
            for (name, tier) in try PriceFile.named(mapping) {
                tiers[name] = tier.mapping == nil ? standard.scaled(by: try Self.factor(tier, name)) : try Schedule(tier)
            }
        }
        if let node = fields?["regions"] {
            guard let mapping = node.mapping else { throw MeteringError(.invalid, "`regions` has a factor for each region.") }
            for (name, factor) in try PriceFile.named(mapping) { regions[name] = try Self.factor(factor, name) }
        }
        if let node = fields?["tools"] { tools = try Self.tools(node) }
        if let node = fields?["off-peak"] { offPeak = try OffPeak(node) }
    }

    /// Reads an amount of dollars, in billionths.
    fileprivate static func amount(_ node: Node, _ key: String) throws(MeteringError) -> Int64? {
        guard let value = node.mapping?[key] else { return nil }
        guard let text = value.string, let money = try? Money(parsing: text) else {
            throw MeteringError(.invalid, "`\(key)` is an amount of dollars.")
        }
        return money.rawValue
    }

    /// Reads a factor like 0.5 or 1.1, in thousandths.
    fileprivate static func factor(_ node: Node?, _ name: String) throws(MeteringError) -> Int64 {
        guard let text = node?.string, let number = try? Money(parsing: text), number.rawValue % 1_000_000 == 0 else {
            throw MeteringError(.invalid, "`\(name)` is a factor with at most three decimals, like 0.5.")
        }
        return number.rawValue / 1_000_000
    }

    /// Reads prices of 1,000 calls of each tool in dollars, as billionths for one call.
    fileprivate static func tools(_ node: Node) throws(MeteringError) -> [String: Int64] {
        guard let mapping = node.mapping else { throw MeteringError(.invalid, "`tools` has an amount for each tool.") }
        var tools: [String: Int64] = [:]
        for (name, _) in try PriceFile.named(mapping) { tools[name] = try amount(node, name).map { $0 / 1_000 } }
        return tools
    }
}

extension Price.Schedule {
    fileprivate init(_ node: Node) throws(MeteringError) {
        rates = try Rates(node)
        guard let above = node.mapping?["above"] else { return }
        for step in above.sequence.map(Array.init) ?? [above] {
            guard let tokens = step.mapping?["tokens"]?.int else { throw MeteringError(.invalid, "`above` has `tokens`.") }
            steps.append(Step(tokens: tokens, rates: try Rates(step)))
        }
        steps.sort { $0.tokens < $1.tokens }
    }
}

extension OffPeak {
    fileprivate init(_ node: Node) throws(MeteringError) {
        factor = try Price.factor(node.mapping?["factor"], "factor")
        peakHours = []
        for hours in node.mapping?["peak-hours"]?.sequence.map(Array.init) ?? [] {
            let ends = (hours.string ?? "").split(separator: "-").compactMap { Int($0) }
            guard ends.count == 2, ends[0] < ends[1], (0...24).contains(ends[0]), ends[1] <= 24 else {
                throw MeteringError(.invalid, "`peak-hours` is a list of hours like 1-4.")
            }
            peakHours.append(ends[0]..<ends[1])
        }
    }
}

extension Rates {
    fileprivate init(_ node: Node) throws(MeteringError) {
        guard let input = try Price.amount(node, "input"), let output = try Price.amount(node, "output") else {
            throw MeteringError(.invalid, "`input` or `output` is missing.")
        }
        self.init(
            input: input, cacheRead: try Price.amount(node, "cache-read"), cacheWrite: try Price.amount(node, "cache-write"),
            cacheWriteLong: try Price.amount(node, "cache-write-long"), output: output)
    }
}
