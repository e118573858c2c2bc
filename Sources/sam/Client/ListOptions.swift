import AgentProtocol
import ArgumentParser
import ControlPlane

/// The options of commands that print a list.
struct ListOptions: ParsableArguments {
    // Unconditional, so that a negative number is its value and is refused as that.
    @Option(
        parsing: .unconditional, help: ArgumentHelp("The most that are listed: a number, or all.", valueName: "number|all"),
        transform: ListLimit.init)
    var limit = ListLimit.number(200)

    @Flag(help: "Print JSON.")
    var json = false

    /// Reads a list page by page, up to the limit.
    func read<Part: ListPart>(
        _ path: String, _ client: APIClient, join: (inout Part, Part) -> Void = { _, _ in }
    ) async throws -> Part {
        try await client.list(path, atMost: limit.count, join: join)
    }

    /// Reads a list and prints it, as JSON or with the closure.
    func show<Part: ListPart>(
        _ path: String, join: (inout Part, Part) -> Void = { _, _ in }, _ display: (Part) throws -> Void
    ) async throws {
        var listing: Part = try await Connection.with { try await read(path, $0, join: join) }
        // The server gives all sessions that run in the first part.
        let isCut = listing[keyPath: Part.list].count > limit.count
        if isCut { listing[keyPath: Part.list] = Array(listing[keyPath: Part.list].prefix(limit.count)) }
        if json {
            try Terminal.json(listing)
        } else {
            try display(listing)
        }
        guard isCut || listing.next != nil else { return }
        let count = listing[keyPath: Part.list].count
        let these: PrintedText = count == 1 ? "this one" : "these \(count)"
        Terminal.warn("There are more than \(these). See them with --limit \(count * 5), or --limit all.")
    }
}

/// A number, or no limit.
enum ListLimit: CustomStringConvertible {
    case number(Int)
    case all

    /// Reads what a person typed.
    ///
    /// - Throws: `ValidationError` that says what it takes.
    init(_ text: String) throws {
        if text == "all" {
            self = .all
        } else if let number = Int(text), number > 0 {
            self = .number(number)
        } else {
            throw ValidationError("--limit takes a number from 1, or all.")
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
}

extension APIClient {
    /// The largest page of the server.
    private static let partLimit = 1_000

    /// Reads a list page by page.
    ///
    /// - Parameters:
    ///   - path: the path, with its query if there is one.
    ///   - count: the most items to read.
    ///   - join: merges the other fields of a page into the result.
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
            // A server that repeats a page would be asked forever.
            guard more.next != cursor else { break }
        }
        return whole
    }
}
