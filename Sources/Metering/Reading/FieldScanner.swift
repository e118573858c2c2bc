import Foundation

/// Finds values at known places in a JSON text that arrives in pieces, without keeping the text.
///
/// It does not validate: malformed JSON yields no fields and never an error. Each byte is read once; values that are not asked for allocate
/// nothing.
struct FieldScanner {
    /// A value that was found.
    struct Found: Hashable {
        var field: Int
        /// The raw bytes of the value, without the quotes of a string.
        var bytes: [UInt8]
        /// The byte offset of the value, including its quotes, in all input so far.
        var start: Int
        /// Whether the value is a string.
        var isText = false
        /// The index of the array element that contains the value; 0 outside of arrays.
        var element = 0

        /// The value as text, with escapes decoded.
        var text: String { FieldScanner.unescaped(bytes) }
    }

    /// Decodes the content of a JSON string. Invalid escapes are left as they are.
    private static func unescaped(_ bytes: [UInt8]) -> String {
        guard bytes.contains(UInt8(ascii: "\\")) else { return String(decoding: bytes, as: UTF8.self) }
        let quoted = Data([UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")])
        return (try? JSONDecoder().decode(String.self, from: quoted)) ?? String(decoding: bytes, as: UTF8.self)
    }

    private enum Mode {
        case structure
        /// In a string, not after a backslash.
        case text
        case escaped
        /// In a number, `true`, `false` or `null`.
        case scalar
    }

    /// An open object or array that may contain a wanted value.
    private struct Frame {
        var node: Int
        var isObject: Bool
        /// The index of an array's current element.
        var element = 0
    }

    /// The most bytes kept of a key; no wanted key is longer.
    private static let keyLimit = 64
    private static let scalarLimit = 512
    private static let wholeLimit = 64 << 10

    private let tree: FieldTree
    private var mode = Mode.structure
    private var frames: [Frame] = []
    /// The number of open objects and arrays without wanted values.
    private var skipped = 0
    /// Whether the next string in this object is a key.
    private var expectsKey = false
    private var isKey = false
    private var key: [UInt8] = []
    /// The node of the next value.
    private var pending: Int? = FieldTree.root
    private var capture: Found?
    private var isCapturingWhole = false
    private var position = 0

    init(_ tree: FieldTree) {
        self.tree = tree
    }

    /// Whether the input so far ends inside of a value.
    var isUnfinished: Bool { mode != .structure || !frames.isEmpty || skipped > 0 }

    /// Resets the scanner for a new text.
    mutating func reset() {
        self = FieldScanner(tree)
    }

    /// Scans the next bytes.
    ///
    /// - Parameter found: called for each complete value.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, found: (Found) -> Void) {
        var index = 0
        while index < bytes.count {
            if mode == .text, capture == nil, !isKey {
                // Fast path: most input is strings that nothing asks for.
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

    /// The number of bytes from `start` up to the next quote or backslash.
    private static func plainText(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        var index = start
        while index < bytes.count {
            // Searches in windows, so that a string full of escapes is not searched to its end for each of them.
            let window = min(256, bytes.count - index)
            let quote = memchr(base + index, 0x22, window).map { UnsafeRawPointer($0) - (base + index) } ?? window
            if let backslash = memchr(base + index, 0x5c, quote) { return UnsafeRawPointer(backslash) - (base + start) }
            if quote < window { return index + quote - start }
            index += window
        }
        return index - start
    }

    /// Ends the text and reports a number that is all of it. One at the end of a text that broke off may have lost digits.
    mutating func finish(found: (Found) -> Void) {
        if mode == .scalar, frames.isEmpty, skipped == 0 { endScalar(found) }
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
        } else if !isObject, let elements = tree.nodes[node].elements ?? (frames.isEmpty ? FieldTree.root : nil) {
            // An array with wanted elements, or a stream of responses as one array: each element is a response.
            frames.append(Frame(node: elements, isObject: false))
            expectsKey = false
            pending = elements
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
        if !frame.isObject { frames[frames.count - 1].element += 1 }
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
        if var value = capture {
            value.element = frames.last { !$0.isObject }?.element ?? 0
            found(value)
        }
        capture = nil
        pending = nil
    }
}
