import AgentProtocol
import Wording

/// What Claude Code wants to be allowed, and in which ways that can be answered.
struct ClaudePermission: Hashable {
    private struct Always: Hashable {
        var option: Permission.Option
        /// What is sent with the answer: this one alone. Together they would allow more than a person has chosen.
        var update: JSONValue
    }

    private var input: JSONValue
    private var always: [Always] = []

    private static let allow = Permission.Option(id: "allow", name: "Allow", kind: .allowOnce)
    private static let refuse = Permission.Option(id: "deny", name: "Refuse", kind: .refuse)
    private static let limit = 8

    /// - Parameter suggestions: what it suggests to allow from now on; those of a shape that is not known here can't be chosen.
    init(input: JSONValue, suggestions: [JSONValue]) {
        self.input = input
        for suggestion in suggestions.prefix(4 * Self.limit) where always.count < Self.limit {
            guard let (name, update) = Self.known(suggestion), !always.contains(where: { $0.update == update }) else { continue }
            let option = Permission.Option(id: "always-\(always.count + 1)", name: name, kind: .allowAlways)
            always.append(Always(option: option, update: update))
        }
    }

    var options: [Permission.Option] { [Self.allow] + always.map(\.option) + [Self.refuse] }

    /// - Returns: `nil` for what does not allow it.
    func answer(_ option: Permission.Option) -> JSONValue? {
        if option.id == Self.allow.id { return ["behavior": "allow", "updatedInput": input] }
        guard let chosen = always.first(where: { $0.option.id == option.id }) else { return nil }
        return ["behavior": "allow", "updatedInput": input, "updatedPermissions": [chosen.update]]
    }

    // MARK: - What it suggests

    /// That edits are not asked about from now on.
    static let acceptEdits: JSONValue = ["type": "setMode", "mode": "acceptEdits", "destination": "session"]

    /// A suggestion in words, and as it is sent back: for the session, so that nothing is written to disk, and with nothing in it but
    /// what the words say.
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

    /// A person has to see the whole of what they would allow.
    private static func named(_ name: String, _ update: JSONValue) -> (String, JSONValue)? {
        name.utf8.count <= 200 ? (name, update) : nil
    }

    private static func readable(_ value: JSONValue?) -> String? {
        guard let text = value?.string, !text.isEmpty, text.utf8.count <= 180 else { return nil }
        let isPlain = VisibleText(text).text == text && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .unassigned }
        return isPlain && !text.contains("   ") ? text : nil
    }
}
