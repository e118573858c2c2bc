import Foundation

/// Finds values at known places in a JSON text that arrives in pieces, without keeping the text.
///
/// It is a reader of what passes by and no judge of it: what is no JSON yields no fields and never an error. Each byte is looked
/// at once; nothing is allocated for what nobody asked for.
struct FieldScanner {
    /// A value that was found.
    struct Found: Hashable {
        var field: Int
        /// The value's bytes as they stand, without the quotes of a text.
        var bytes: [UInt8]
        /// Where the value begins in everything that was fed, in bytes; quotes are part of it.
        var start: Int
        /// Whether the value is a text.
        var isText = false

        /// The value as a text, with its escapes undone.
        var text: String { FieldScanner.unescaped(bytes) }
    }

    /// What the inside of a text in JSON says. Escapes that are none are left as they are.
    private static func unescaped(_ bytes: [UInt8]) -> String {
        guard bytes.contains(UInt8(ascii: "\\")) else { return String(decoding: bytes, as: UTF8.self) }
        let quoted = Data([UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")])
        return (try? JSONDecoder().decode(String.self, from: quoted)) ?? String(decoding: bytes, as: UTF8.self)
    }

    private enum Mode {
        case structure
        /// In a text; the byte before was no backslash.
        case text
        case escaped
        /// In a number or a word.
        case scalar
    }

    /// An open object or array on the way to something wanted.
    private struct Frame {
        var node: Int
        var isObject: Bool
    }

    /// No key that is asked for is longer.
    private static let keyLimit = 64
    private static let scalarLimit = 512
    private static let wholeLimit = 64 << 10

    private let tree: FieldTree
    private var mode = Mode.structure
    private var frames: [Frame] = []
    /// How many objects and arrays are open that lead nowhere.
    private var skipped = 0
    /// The next text in this object is a key.
    private var expectsKey = false
    private var isKey = false
    private var key: [UInt8] = []
    /// The node that the next value stands for.
    private var pending: Int? = FieldTree.root
    private var capture: Found?
    private var isCapturingWhole = false
    private var position = 0

    init(_ tree: FieldTree) {
        self.tree = tree
    }

    /// Forgets everything: a new text begins.
    mutating func reset() {
        self = FieldScanner(tree)
    }

    /// Looks at the next bytes.
    ///
    /// - Parameter found: called for each value that is complete.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, found: (Found) -> Void) {
        var index = 0
        while index < bytes.count {
            if mode == .text, capture == nil, !isKey {
                // Most of what passes by is text that nobody asked for.
                let length = Self.plainText(bytes, from: index)
                index += length
                position += length
                guard index < bytes.count else { return }
            }
            take(bytes[index], found)
            index += 1
            position += 1
        }
    }

    /// How many bytes from a place on are neither a quote nor a backslash.
    private static func plainText(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        var index = start
        while index < bytes.count {
            // A window, so that a text full of escapes is not searched to its end for each of them.
            let window = min(256, bytes.count - index)
            let quote = memchr(base + index, 0x22, window).map { UnsafeRawPointer($0) - (base + index) } ?? window
            if let backslash = memchr(base + index, 0x5c, quote) { return UnsafeRawPointer(backslash) - (base + start) }
            if quote < window { return index + quote - start }
            index += window
        }
        return index - start
    }

    /// The text is over; a number at its very end is complete.
    mutating func finish(found: (Found) -> Void) {
        if mode == .scalar { endScalar(found) }
    }

    private mutating func take(_ byte: UInt8, _ found: (Found) -> Void) {
        switch mode {
        case .text:
            if byte == UInt8(ascii: "\\") {
                mode = .escaped
                keep(byte)
            } else if byte == UInt8(ascii: "\"") {
                mode = .structure
                endText(found)
            } else {
                keep(byte)
            }
        case .escaped:
            mode = .text
            keep(byte)
        case .scalar:
            switch byte {
            case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 0x20, 0x0a, 0x0d, 0x09:
                endScalar(found)
                takeStructure(byte, found)
            default: keep(byte)
            }
        case .structure: takeStructure(byte, found)
        }
    }

    private mutating func takeStructure(_ byte: UInt8, _ found: (Found) -> Void) {
        switch byte {
        case 0x20, 0x0a, 0x0d, 0x09:
            if isCapturingWhole { keep(byte) }
        case UInt8(ascii: "\""):
            mode = .text
            if skipped == 0, expectsKey {
                isKey = true
                key.removeAll(keepingCapacity: true)
            } else {
                beginScalar(keepingByte: nil, isText: true)
                if isCapturingWhole { keep(byte) }
            }
        case UInt8(ascii: "{"), UInt8(ascii: "["): open(byte)
        case UInt8(ascii: "}"), UInt8(ascii: "]"): close(byte, found)
        case UInt8(ascii: ","):
            if isCapturingWhole { keep(byte) }
            if skipped == 0 { nextElement() }
        case UInt8(ascii: ":"):
            if isCapturingWhole { keep(byte) }
        default:
            mode = .scalar
            if isCapturingWhole { keep(byte) } else { beginScalar(keepingByte: byte) }
        }
    }

    private mutating func open(_ byte: UInt8) {
        let isObject = byte == UInt8(ascii: "{")
        if skipped > 0 {
            skipped += 1
            if isCapturingWhole { keep(byte) }
            return
        }
        guard let node = pending else {
            skipped = 1
            return
        }
        if let field = tree.nodes[node].field, tree.nodes[node].capture.takesWholes {
            capture = Found(field: field, bytes: [byte], start: position)
            isCapturingWhole = true
            skipped = 1
        } else if isObject, !tree.nodes[node].children.isEmpty {
            frames.append(Frame(node: node, isObject: true))
            expectsKey = true
            pending = nil
        } else if !isObject, node == FieldTree.root, frames.isEmpty {
            // A stream of answers as one array: each element is an answer.
            frames.append(Frame(node: node, isObject: false))
            pending = node
        } else {
            skipped = 1
        }
    }

    private mutating func close(_ byte: UInt8, _ found: (Found) -> Void) {
        if isCapturingWhole { keep(byte) }
        if skipped > 0 {
            skipped -= 1
            if skipped == 0, isCapturingWhole { endWhole(found) }
        } else {
            _ = frames.popLast()
            expectsKey = false
            pending = nil
        }
    }

    private mutating func nextElement() {
        guard let frame = frames.last else { return }
        expectsKey = frame.isObject
        pending = frame.isObject ? nil : frame.node
    }

    // MARK: - Values

    private mutating func beginScalar(keepingByte byte: UInt8?, isText: Bool = false) {
        guard skipped == 0, let node = pending, let field = tree.nodes[node].field, tree.nodes[node].capture.takesScalars else { return }
        capture = Found(field: field, bytes: byte.map { [$0] } ?? [], start: position, isText: isText)
    }

    private mutating func keep(_ byte: UInt8) {
        if isKey {
            if key.count < Self.keyLimit { key.append(byte) }
        } else if capture != nil {
            let limit = isCapturingWhole ? Self.wholeLimit : Self.scalarLimit
            if let count = capture?.bytes.count, count < limit { capture?.bytes.append(byte) }
        }
    }

    private mutating func endText(_ found: (Found) -> Void) {
        if isKey {
            isKey = false
            expectsKey = false
            let name = key.contains(UInt8(ascii: "\\")) ? Array(Self.unescaped(key).utf8) : key
            pending = frames.last.flatMap { tree.child(of: $0.node, name) }
        } else if isCapturingWhole {
            keep(UInt8(ascii: "\""))
        } else {
            deliver(found)
        }
    }

    private mutating func endScalar(_ found: (Found) -> Void) {
        mode = .structure
        if !isCapturingWhole { deliver(found) }
    }

    private mutating func endWhole(_ found: (Found) -> Void) {
        isCapturingWhole = false
        deliver(found)
    }

    private mutating func deliver(_ found: (Found) -> Void) {
        if let value = capture { found(value) }
        capture = nil
        pending = nil
    }
}
