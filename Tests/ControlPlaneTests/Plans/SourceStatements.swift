import Foundation

@testable import Accounts
@testable import Credentials
@testable import Metering
@testable import Sessions

/// The SQL statements in the program's own text. They are never built from values, so all that ever run stand there.
enum SourceStatements {
    struct Statement: Hashable {
        var text: String
        /// The file that it stands in.
        var file: String
    }

    /// What stands in place of each expression in a statement's text. Constants of the program's, all of them.
    private static let values: [String: [String]] = [
        "User.columns": [User.columns], "ProjectMember.columns": [ProjectMember.columns], "Self.narrowed": [SessionQueries.narrowed],
        "Self.inLine": [SessionQueries.inLine],
        "Session.columns": [Session.columns], "SessionEvent.isIndexed": [SessionEvent.isIndexed],
        "Self.ofOwner": [BindingRows.ofOwner], "query.grouping.expression": UsageGrouping.allCases.map(\.expression),
        "query.cost": UsageQuery.costs, "places": ["$1", "$1, $2"], "range.condition": UsageRange.allCases.map(\.condition),
    ]

    /// Statements that are made of pieces, by a part of each piece.
    private static let assembled = ["FROM bindings b LEFT JOIN credentials c": CredentialResolver.layersQuery]

    private static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")

    /// All statements, with every value that an expression in them can have.
    static func all() throws -> Set<Statement> { try known.get() }

    /// Read once for all tests.
    private static let known = Result { try read() }

    private static func read() throws -> Set<Statement> {
        var statements: Set<Statement> = []
        for (file, text) in try files() {
            for literal in try literals(in: text) where isStatement(literal) {
                if let whole = assembled.first(where: { literal.contains($0.key) })?.value {
                    statements.insert(Statement(text: whole, file: file))
                } else {
                    for text in try filledIn(literal, file) { statements.insert(Statement(text: text, file: file)) }
                }
            }
        }
        return statements
    }

    /// The places at which something else than a text, or one that ``all()`` does not know for a statement, is handed to the database.
    static func unreadable() throws -> [String] {
        let call = #"(?:transaction|\$0)\.(?:(?:query|first|execute)\(|rows\(\s*for: \w+,)\s*(\S[^\n]{0,80})"#
        let name = #"(\w+): any Transaction\b|store\.(?:read|write) \{ (?:\[[^\]]*\] )?(\w+) in"#
        return try files().filter { !$0.file.hasPrefix("Store/") }.flatMap { file, text in
            // Everything that runs a statement has one name, so that this finds it.
            let names = try groups(of: name, in: text).filter { !["transaction", "_"].contains($0) }
            let calls = try groups(of: call, in: text).filter { argument in
                !argument.hasPrefix("\"") && !argument.contains("CredentialResolver.layersQuery") && !argument.contains("Self.layersQuery")
            }
            return (names + calls).map { "\(file): \($0)" }
        }
    }

    /// What the one group that took part in each match holds. By ICU, which reads the sources in a moment.
    private static func groups(of pattern: String, in text: String) throws -> [String] {
        let expression = try NSRegularExpression(pattern: pattern, options: .dotMatchesLineSeparators)
        return expression.matches(in: text, range: NSRange(text.startIndex..., in: text)).map { match in
            let group = (1..<match.numberOfRanges).compactMap { Range(match.range(at: $0), in: text) }.first
            return group.map { String(text[$0]) } ?? ""
        }
    }

    private static func files() throws -> [(file: String, text: String)] {
        let root = sources.path(percentEncoded: false)
        let paths = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return try paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
            (path, try String(contentsOfFile: root + "/" + path, encoding: .utf8))
        }.filter { $0.1.contains("transaction") || $0.1.contains("store.") || $0.1.contains("SELECT") }
    }

    private static func literals(in text: String) throws -> [String] {
        try groups(of: #""{3}(.*?)"{3}|"((?:[^"\\\n]|\\.)*)""#, in: text).map { literal in
            literal.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
    }

    private static func isStatement(_ text: String) -> Bool {
        text.firstMatch(of: /^(?:SELECT .*\bFROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|WITH .*\bSELECT)\b/) != nil
    }

    private static func filledIn(_ literal: String, _ file: String) throws -> [String] {
        guard let match = literal.firstMatch(of: /\\\((?<expression>[^()]*)\)/) else { return [literal] }
        let expression = String(match.output.expression)
        guard let values = values[expression] else { throw Unknown(expression: expression, file: file) }
        return try values.flatMap { value in
            try filledIn(literal.replacingCharacters(in: match.range, with: value), file)
        }
    }

    /// An expression in a statement whose values are not known here.
    struct Unknown: Error {
        var expression: String
        var file: String
    }
}
