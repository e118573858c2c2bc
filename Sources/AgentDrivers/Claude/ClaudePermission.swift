import AgentProtocol
import Wording

/// A permission request of Claude Code and the ways to answer it.
struct ClaudePermission: Hashable {
    private struct Always: Hashable {
        var option: Permission.Option
        /// The permission update that is sent with the answer: this one alone. All together would allow more than the person chose.
        var update: JSONValue
    }

    private var input: JSONValue
    private var always: [Always] = []

    private static let allow = Permission.Option(id: "allow", name: "Allow", kind: .allowOnce)
    private static let refuse = Permission.Option(id: "refuse", name: "Refuse", kind: .refuse)
    private static let limit = 8

    /// - Parameter suggestions: the permissions that the agent suggests to grant from now on; those of an unknown shape are left out.
    init(input: JSONValue, suggestions: [JSONValue]) {
        self.input = input
        for suggestion in suggestions.prefix(4 * Self.limit) where always.count < Self.limit {
            guard let (name, update) = Self.known(suggestion), !always.contains(where: { $0.update == update }) else { continue }
            // The words with which people choose: always, always-2, always-3.
            let number = always.count + 1
            let option = Permission.Option(id: number == 1 ? "always" : "always-\(number)", name: name, kind: .allowAlways)
            always.append(Always(option: option, update: update))
        }
    }

    var options: [Permission.Option] { [Self.allow] + always.map(\.option) + [Self.refuse] }

    /// - Returns: `nil` if the option does not allow the request.
    func answer(_ option: Permission.Option) -> JSONValue? {
        if option.id == Self.allow.id { return ["behavior": "allow", "updatedInput": input] }
        guard let chosen = always.first(where: { $0.option.id == option.id }) else { return nil }
        return ["behavior": "allow", "updatedInput": input, "updatedPermissions": [chosen.update]]
    }

    // MARK: - Suggestions

    /// Accepts all edits from now on.
    static let acceptEdits: JSONValue = ["type": "setMode", "mode": "acceptEdits", "destination": "session"]

    /// A suggestion as text, and as it is sent back: for this session, so that nothing is written to disk, and with nothing that the text
    /// does not say.
    private static func known(_ suggestion: JSONValue) -> (String, JSONValue)? {
        switch suggestion["type"]?.string {
        case "addRules":
            guard suggestion["behavior"] == "allow", let rules = suggestion["rules"]?.elements, (1...5).contains(rules.count) else {
                return nil
            }
            var words: [String] = []
            var sent: [JSONValue] = []
            for rule in rules {
                guard let tool = readable(rule["toolName"]) else { return nil }
                switch rule["ruleContent"] {
                case nil, .null?:
                    words.append("any \(tool)")
                    sent.append(["toolName": .string(tool)])
                case let content?:
                    guard let content = readable(content) else { return nil }
                    words.append("\(tool)(\(content))")
                    sent.append(["toolName": .string(tool), "ruleContent": .string(content)])
                }
            }
            return named(
                "Allow from now on: \(words.joined(separator: ", "))",
                ["type": "addRules", "rules": .array(sent), "behavior": "allow", "destination": "session"])
        case "addDirectories":
            guard let folders = suggestion["directories"]?.elements, (1...5).contains(folders.count) else { return nil }
            let paths = folders.compactMap(readable)
            guard paths.count == folders.count, paths.allSatisfy({ $0.hasPrefix("/") }) else { return nil }
            return named(
                "Allow from now on in \(paths.joined(separator: ", "))",
                ["type": "addDirectories", "directories": .array(paths.map(JSONValue.string)), "destination": "session"])
        case "setMode" where suggestion["mode"] == "acceptEdits":
            return ("Accept all edits from now on", acceptEdits)
        default: return nil
        }
    }

    /// Drops suggestions that are too long: a person has to see all that they would allow.
    private static func named(_ name: String, _ update: JSONValue) -> (String, JSONValue)? {
        name.utf8.count <= 200 ? (name, update) : nil
    }

    private static func readable(_ value: JSONValue?) -> String? {
        guard let text = value?.string, !text.isEmpty, text.utf8.count <= 180 else { return nil }
        let isPlain = VisibleText(text).text == text && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .unassigned }
        return isPlain && !text.contains("   ") ? text : nil
    }
}
