import AgentProtocol

/// Checks values against as much of JSON Schema as the API's description uses for answers.
///
/// A keyword that is not known here is a disagreement of its own, so that none is passed over in silence.
/// https://json-schema.org/draft/2020-12
struct JSONSchema: Sendable {
    let schema: JSONValue
    /// The document that references lead into.
    let document: JSONValue

    /// What says nothing about a value.
    private static let annotations: Set = ["default", "description", "format", "title"]

    /// Where a value is not what the schema says, in a sentence; `nil` when it is.
    ///
    /// - Parameter place: the value's own place, for the sentence.
    func disagreement(with value: JSONValue, at place: String = "$") -> String? {
        if schema == .bool(true) { return nil }
        guard case .object(let keywords) = schema else { return "\(place): there is no schema for it." }
        for (keyword, wanted) in keywords.sorted(by: { $0.key < $1.key }) where !Self.annotations.contains(keyword) {
            if let disagreement = disagreement(keyword, wanted, value, place) { return disagreement }
        }
        return nil
    }

    private func disagreement(_ keyword: String, _ wanted: JSONValue, _ value: JSONValue, _ place: String) -> String? {
        switch keyword {
        case "$ref":
            guard let target = wanted.string.flatMap(document.target) else { return "\(place): \(wanted) leads nowhere." }
            return with(target).disagreement(with: value, at: place)
        case "type":
            let names = (wanted.elements ?? [wanted]).compactMap(\.string)
            return names.contains { value.is($0) } ? nil : "\(place) is no \(names.joined(separator: " or ")): \(value.shown)"
        case "const":
            return value == wanted ? nil : "\(place) is not \(wanted.shown) but \(value.shown)."
        case "enum":
            return wanted.elements?.contains(value) == true ? nil : "\(place) is none of the values that are described: \(value.shown)"
        case "required":
            guard let members = value.members else { return nil }
            let missing = (wanted.elements ?? []).compactMap(\.string).filter { members[$0] == nil }
            return missing.isEmpty ? nil : "\(place) lacks \(missing.joined(separator: ", "))."
        case "properties":
            for (name, member) in value.members?.sorted(by: { $0.key < $1.key }) ?? [] {
                guard let schema = wanted[name] else { continue }
                if let disagreement = with(schema).disagreement(with: member, at: "\(place).\(name)") { return disagreement }
            }
            return nil
        case "additionalProperties":
            let others = (value.members ?? [:]).filter { schema["properties"]?[$0.key] == nil }.sorted { $0.key < $1.key }
            if wanted == .bool(false) { return others.first.map { "\(place).\($0.key) is not described." } }
            return others.lazy.compactMap { with(wanted).disagreement(with: $0.value, at: "\(place).\($0.key)") }.first
        case "items":
            return (value.elements ?? []).enumerated().lazy.compactMap { index, element in
                with(wanted).disagreement(with: element, at: "\(place)[\(index)]")
            }.first
        case "pattern":
            guard let text = value.string, let pattern = wanted.string else { return nil }
            guard let regex = try? Regex(pattern) else { return "\(place): the pattern can't be read: \(pattern)" }
            return text.contains(regex) ? nil : "\(place) is not of the form that is described: \(value.shown)"
        default:
            return "\(place): this check does not know the schema's keyword “\(keyword)”."
        }
    }

    private func with(_ schema: JSONValue) -> JSONSchema {
        JSONSchema(schema: schema, document: document)
    }
}

extension JSONValue {
    /// What a reference within this document leads to: a JSON pointer behind a `#`, as RFC 6901 has it.
    func target(of reference: String) -> JSONValue? {
        guard reference.hasPrefix("#/") else { return nil }
        return reference.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false).reduce(self) { value, step in
            value?[String(step.replacing("~1", with: "/").replacing("~0", with: "~"))]
        }
    }

    /// The members, or `nil` when this is no object.
    var members: [String: JSONValue]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    fileprivate func `is`(_ type: String) -> Bool {
        switch self {
        case .null: type == "null"
        case .bool: type == "boolean"
        case .integer: type == "integer" || type == "number"
        case .number(let number): type == "number" || type == "integer" && number.rounded() == number
        case .string: type == "string"
        case .array: type == "array"
        case .object: type == "object"
        }
    }

    /// The value as JSON, short enough for a sentence.
    fileprivate var shown: String {
        let text = (try? JSONLine.text(self)) ?? "?"
        return text.count > 80 ? text.prefix(80) + "…" : text
    }
}
