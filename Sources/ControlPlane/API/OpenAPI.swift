import AgentProtocol
import Foundation
import Yams

/// The API's description, read from `openapi.yaml` in this folder and served as JSON.
///
/// https://spec.openapis.org/oas/v3.1.1.html
enum OpenAPI {
    /// The description as JSON, built once. A failure means a mistake in the file, which the tests detect.
    static let document = Result<Data, any Error> {
        let yaml = String(decoding: PackageResources.openapi_yaml, as: UTF8.self)
        guard let root = try Yams.compose(yaml: yaml) else { throw DescriptionMistake(message: "openapi.yaml is empty.") }
        return try JSONLine.encode(JSONValue(root))
    }
}

/// A part of the description that can't be converted to JSON.
private struct DescriptionMistake: Error, CustomStringConvertible {
    var message: String

    var description: String { message }
}

extension JSONValue {
    /// The JSON of a YAML node.
    ///
    /// Member names are always texts. Only `true` and `false` are booleans; other boolean words of older YAML, such as `on` and `off`, are
    /// texts, as in YAML 1.2, which OpenAPI uses.
    fileprivate init(_ node: Node) throws {
        switch node {
        case .scalar(let scalar): self = JSONValue(node, scalar.string)
        case .sequence(let nodes): self = .array(try nodes.map { try JSONValue($0) })
        case .mapping(let pairs):
            var members: [String: JSONValue] = [:]
            for (key, value) in pairs {
                guard let name = key.scalar?.string else {
                    throw DescriptionMistake(message: "openapi.yaml:\(key.mark?.line ?? 0): A member's name is a text.")
                }
                members[name] = try JSONValue(value)
            }
            self = .object(members)
        case .alias:
            throw DescriptionMistake(message: "openapi.yaml:\(node.mark?.line ?? 0): There are no aliases in the description.")
        }
    }

    private init(_ scalar: Node, _ text: String) {
        self =
            switch Tag.Name(rawValue: scalar.tag.rawValue) {
            case .bool where text == "true": .bool(true)
            case .bool where text == "false": .bool(false)
            case .int: scalar.int.map(JSONValue.integer) ?? .string(text)
            case .float: scalar.float.map(JSONValue.number) ?? .string(text)
            case .null: .null
            default: .string(text)
            }
    }
}
