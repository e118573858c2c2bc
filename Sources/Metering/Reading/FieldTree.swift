/// The places of wanted values in a JSON text, as a tree of keys.
///
/// Built once for each format; looking up a key costs a comparison with each of its few siblings.
struct FieldTree: Sendable {
    /// Which values are captured.
    enum Capture: Sendable, Hashable {
        /// A number, string, `true`, `false` or `null`.
        case scalar
        /// An object or an array with its content.
        case whole
        /// Any value.
        case any

        var takesScalars: Bool { self != .whole }
        var takesWholes: Bool { self != .scalar }
    }

    struct Node: Sendable {
        var children: [(key: [UInt8], node: Int)] = []
        /// The node of each element, if an array here is searched.
        var elements: Int?
        var field: Int?
        var capture = Capture.scalar
    }

    private(set) var nodes = [Node()]

    static let root = 0

    /// Builds a tree.
    ///
    /// - Parameter paths: paths of keys joined by dots, each with the number under which its value is reported; `*` stands for each element
    ///   of an array.
    init(_ paths: [(path: String, field: Int, capture: Capture)]) {
        for (path, field, capture) in paths {
            var at = Self.root
            for key in path.split(separator: ".") {
                let bytes = [UInt8](key.utf8)
                if key == "*" {
                    if nodes[at].elements == nil {
                        nodes.append(Node())
                        nodes[at].elements = nodes.count - 1
                    }
                    at = nodes[at].elements ?? at
                } else if let child = nodes[at].children.first(where: { $0.key == bytes }) {
                    at = child.node
                } else {
                    nodes.append(Node())
                    nodes[at].children.append((bytes, nodes.count - 1))
                    at = nodes.count - 1
                }
            }
            nodes[at].field = field
            nodes[at].capture = capture
        }
    }

    /// The child of a node under a key.
    func child(of node: Int, _ key: [UInt8]) -> Int? {
        for child in nodes[node].children where child.key == key { return child.node }
        return nil
    }
}
