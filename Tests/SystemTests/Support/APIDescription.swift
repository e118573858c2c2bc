import AgentProtocol

/// The API as its description has it, for checking answers against it.
struct APIDescription: Sendable {
    /// One method of one path.
    struct Operation: Sendable {
        /// In capitals.
        var method: String
        /// The path with its parameters in braces.
        var template: String
        var description: JSONValue
        /// What stands at the path for all its methods.
        var path: JSONValue
    }

    let document: JSONValue
    let operations: [Operation]

    private static let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]

    /// Reads a description.
    ///
    /// - Throws: ``Mistake`` when it is none of OpenAPI 3.1.
    init(_ document: JSONValue) throws {
        guard document["openapi"]?.string?.wholeMatch(of: /3\.1\.\d+/) != nil else {
            throw Mistake(description: "This is no description in OpenAPI 3.1.")
        }
        guard let paths = document["paths"]?.members else { throw Mistake(description: "The description has no paths.") }
        self.document = document
        operations = paths.sorted { $0.key < $1.key }.flatMap { template, path in
            Self.methods.compactMap { method in
                path[method].map { Operation(method: method.uppercased(), template: template, description: $0, path: path) }
            }
        }
    }

    /// What is wrong with a description as a whole.
    struct Mistake: Error, CustomStringConvertible {
        var description: String
    }

    /// Where an answer is not what the description says, in a sentence with a JSON path; `nil` when it is.
    ///
    /// - Parameters:
    ///   - path: with or without a query.
    ///   - contentType: empty for an answer without content.
    ///   - body: the content as JSON; `nil` when it is none. Content that is described as something else is not looked at.
    func disagreement(method: String, path: String, status: Int, contentType: String, body: JSONValue?) -> String? {
        let path = path.prefix { $0 != "?" }
        guard let template = template(of: path) else { return "\(path) is not described." }
        guard let operation = operations.first(where: { $0.template == template && $0.method == method.uppercased() }) else {
            return "\(method) \(template) is not described."
        }
        let about = "\(operation.method) \(template) → \(status)"
        guard let answer = answer(of: operation, status) else { return "\(about): the status is not described." }
        let media = contentType.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard let contents = answer["content"]?.members, !contents.isEmpty else {
            return media.isEmpty && (body ?? .null) == .null ? nil : "\(about): no content is described, and there is some."
        }
        guard let content = contents[media] else { return "\(about): the content type “\(contentType)” is not described." }
        guard media == "application/json" || media.hasSuffix("+json") else { return nil }
        guard let body else { return "\(about): the content is no JSON." }
        return JSONSchema(schema: content["schema"] ?? .bool(true), document: document).disagreement(with: body).map { "\(about): \($0)" }
    }

    /// The names of the parameters that an operation declares at a place: `path`, `query` or `header`.
    func parameters(of operation: Operation, in place: String) -> Set<String> {
        let declared = [operation.path, operation.description].flatMap { $0["parameters"]?.elements ?? [] }.map(resolved)
        return Set(declared.filter { $0["in"]?.string == place }.compactMap { $0["name"]?.string })
    }

    /// The template of a path. Of two that fit, the one whose segment is literal where the other's is a parameter.
    private func template(of path: Substring) -> String? {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        let fitting = Set(operations.map(\.template)).map { template in
            (template: template, segments: template.split(separator: "/", omittingEmptySubsequences: false))
        }.filter { candidate in
            candidate.segments.count == segments.count
                && zip(candidate.segments, segments).allSatisfy { $0.isParameter ? !$1.isEmpty : $0 == $1 }
        }
        return fitting.min { one, other in
            one.segments.lexicographicallyPrecedes(other.segments) { !$0.isParameter && $1.isParameter }
        }?.template
    }

    private func answer(of operation: Operation, _ status: Int) -> JSONValue? {
        let answers = operation.description["responses"]
        return (answers?["\(status)"] ?? (status >= 400 ? answers?["default"] : nil)).map(resolved)
    }

    private func resolved(_ value: JSONValue) -> JSONValue {
        value["$ref"]?.string.flatMap(document.target) ?? value
    }
}

extension Substring {
    fileprivate var isParameter: Bool { hasPrefix("{") && hasSuffix("}") }
}
