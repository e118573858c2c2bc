/// The places in a JSON text that someone wants to know of, as a tree of keys.
///
/// Built once a format; looking a key up costs a comparison with each of the few siblings.
struct FieldTree: Sendable {
    /// How a value is taken.
    enum Capture: Sendable, Hashable {
        /// A number or a text.
        case scalar
        /// An object or an array, with everything in it.
        case whole
        /// Whatever stands there.
        case any

        var takesScalars: Bool { self != .whole }
        var takesWholes: Bool { self != .scalar }
    }

    struct Node: Sendable {
        var children: [(key: [UInt8], node: Int)] = []
        var field: Int?
        var capture = Capture.scalar
    }

    private(set) var nodes = [Node()]

    static let root = 0

    /// Builds a tree.
    ///
    /// - Parameter paths: each a path of keys joined by dots, with the number under which its value is reported.
    init(_ paths: [(path: String, field: Int, capture: Capture)]) {
        for (path, field, capture) in paths {
            var at = Self.root
            for key in path.split(separator: ".") {
                let bytes = [UInt8](key.utf8)
                if let child = nodes[at].children.first(where: { $0.key == bytes }) {
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
