import Foundation

/// The path of a call, checked for names and ids that are empty: a call with one reaches another address than the one that was meant.
public struct APIPath: Sendable {
    /// The path with its query.
    public let text: String

    /// Checks a path that is made of names and ids with ``Swift/String/pathSegment``.
    ///
    /// - Throws: `APIClient.Failure` that says what is empty.
    public init(_ text: String) throws {
        let parts = text.split(separator: "?", maxSplits: 1)
        var last = ""
        for segment in (parts.first ?? "").split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            guard !segment.isEmpty else { throw Self.empty(Self.things[last] ?? "name after \(last)") }
            last = String(segment)
        }
        for pair in parts.dropFirst().first?.split(separator: "&") ?? [] where pair.hasSuffix("=") {
            let name = String(pair.dropLast())
            throw Self.empty(Self.things[name + "s"] ?? "value of \(name)")
        }
        self.text = text
    }

    /// What stands behind a segment.
    private static let things = [
        "sessions": "session's id", "prompts": "prompt's id", "questions": "question's id", "projects": "project's name",
        "users": "user's name", "members": "user's name", "settings": "setting's name", "credentials": "provider's name",
        "providers": "provider's name", "keys": "key's name", "tokens": "token's id or name", "notifications": "notification's id",
    ]

    private static func empty(_ what: String) -> APIClient.Failure {
        APIClient.Failure(status: nil, description: "The \(what) is empty.")
    }
}

extension String {
    /// The text as one segment of a URL's path, or as a value of its query.
    public var pathSegment: String {
        // These two stand for other folders.
        if self == "." || self == ".." { return replacing(".", with: "%2E") }
        return addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-_."))) ?? self
    }
}
