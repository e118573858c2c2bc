import AgentProtocol

/// The methods that each path of the API allows, from the API's description.
struct AllowedMethods: Sendable {
    private var paths: [(segments: [Substring], methods: [String])] = []

    /// The methods of the API's own paths; empty if the description can't be read.
    static let ofAPI: AllowedMethods = {
        guard let bytes = try? OpenAPI.document.get(), let document: JSONValue = try? JSONLine.decode(from: bytes) else {
            return AllowedMethods(document: .null)
        }
        return AllowedMethods(document: document)
    }()

    /// Reads a description.
    init(document: JSONValue) {
        guard case .object(let described)? = document["paths"] else { return }
        for (template, operations) in described {
            guard case .object(let operations) = operations else { continue }
            let methods = operations.keys.filter { $0 != "parameters" }.map { $0.uppercased() }.sorted()
            paths.append((template.split(separator: "/"), methods))
        }
    }

    /// The methods that a path allows, sorted; empty for an unknown path.
    func at(_ path: String) -> [String] {
        let segments = path.split(separator: "/")
        return Set(
            paths.filter { $0.segments.count == segments.count && zip($0.segments, segments).allSatisfy { $0 == $1 || $0.hasPrefix("{") } }
                .flatMap(\.methods)
        ).sorted()
    }
}
