import AgentProtocol
import ArgumentParser
import ControlPlane

/// How much of a list is shown.
struct ListOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How many at most, or all.", valueName: "number|all"))
    var limit = ListLimit.number(200)

    @Flag(help: "Print JSON.")
    var json = false

    /// Reads a list in its parts, up to the limit.
    func read<Part: ListPart>(
        _ path: String, _ client: APIClient, join: (inout Part, Part) -> Void = { _, _ in }
    ) async throws -> Part {
        try await client.list(path, atMost: limit.count, join: join)
    }

    /// Reads a list and prints it: as JSON, or in the words of the command.
    func show<Part: ListPart>(
        _ path: String, join: (inout Part, Part) -> Void = { _, _ in }, _ display: (Part) throws -> Void
    ) async throws {
        let listing: Part = try await Connection.with { try await read(path, $0, join: join) }
        if json {
            try Terminal.json(listing)
        } else {
            try display(listing)
        }
        guard listing.next != nil else { return }
        let count = listing[keyPath: Part.list].count
        Terminal.warn("There are more than these \(count). See them with --limit \(count * 5), or --limit all.")
    }
}

/// A number, or no limit.
enum ListLimit: ExpressibleByArgument, CustomStringConvertible {
    case number(Int)
    case all

    init?(argument: String) {
        if argument == "all" {
            self = .all
        } else if let number = Int(argument), number > 0 {
            self = .number(number)
        } else {
            return nil
        }
    }

    var count: Int {
        switch self {
        case .number(let number): number
        case .all: .max
        }
    }

    var description: String {
        switch self {
        case .number(let number): String(number)
        case .all: "all"
        }
    }

    var defaultValueDescription: String { description }
}

extension APIClient {
    /// How much the server gives at once.
    private static let partLimit = 1_000

    /// Reads a list in its parts.
    ///
    /// - Parameters:
    ///   - path: with its query, if it has one.
    ///   - count: the most items that are wanted.
    ///   - join: adds to the whole what else a part has.
    func list<Part: ListPart>(
        _ path: String, atMost count: Int = .max, join: (inout Part, Part) -> Void = { _, _ in }
    ) async throws -> Part {
        func part(_ wanted: Int, _ cursor: String?) async throws -> Part {
            let limit = "\(path.contains("?") ? "&" : "?")limit=\(max(1, min(wanted, Self.partLimit)))"
            return try await get(path + limit + (cursor.map { "&cursor=\($0.pathSegment)" } ?? ""))
        }
        var whole = try await part(count, nil)
        while let cursor = whole.next {
            let wanted = count - whole[keyPath: Part.list].count
            guard wanted > 0 else { break }
            let more = try await part(wanted, cursor)
            whole[keyPath: Part.list] += more[keyPath: Part.list]
            whole.next = more.next
            join(&whole, more)
            // A server that gives the same part again would be asked for ever.
            guard more.next != cursor else { break }
        }
        return whole
    }
}
