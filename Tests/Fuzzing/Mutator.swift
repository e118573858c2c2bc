/// Makes inputs that nearly are what a parser expects: good ones, cut, doubled, mixed and with something else in them.
public struct Mutator: Sendable {
    private let corpus: [[UInt8]]
    private let words: [[UInt8]]
    private var generator: SeededGenerator

    /// Begins.
    ///
    /// - Parameters:
    ///   - corpus: good inputs; at least one.
    ///   - words: what means something to the parser, to be put anywhere.
    public init(corpus: [[UInt8]], words: [String], seed: UInt64) {
        precondition(!corpus.isEmpty)
        self.corpus = corpus
        self.words = words.map { Array($0.utf8) }
        generator = SeededGenerator(seed: seed)
    }

    /// The next input.
    public mutating func next() -> [UInt8] {
        var bytes = any(corpus)
        for _ in 0..<Int.random(in: 1...6, using: &generator) { change(&bytes) }
        return bytes
    }

    /// The input in pieces of zero to so many bytes, as a socket hands it over.
    public mutating func pieces(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        // Not too many: it is their borders that matter.
        bytes.pieces(ofAtMost: max(any([1, 2, 7, 60, 1_000]), bytes.count / 300), using: &generator)
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let range = range(in: bytes)
        switch Int.random(in: 0..<9, using: &generator) {
        case 0: if !bytes.isEmpty { bytes[place(in: bytes) % bytes.count] ^= 1 << UInt8.random(in: 0..<8, using: &generator) }
        case 1: if !bytes.isEmpty { bytes[place(in: bytes) % bytes.count] = any([0, 0x09, 0x0a, 0x0d, 0x20, 0x7f, 0x80, 0xc3, 0xff]) }
        case 2, 3: if !words.isEmpty { bytes.replaceSubrange(range.lowerBound..<range.lowerBound, with: any(words)) }
        case 4: if !words.isEmpty { bytes.replaceSubrange(range, with: any(words)) }
        case 5: bytes.removeSubrange(range)
        case 6: bytes.insert(contentsOf: bytes[range], at: place(in: bytes))
        case 7:
            let other = any(corpus)
            bytes = Array(bytes.prefix(place(in: bytes)) + other.suffix(from: place(in: other)))
        default:
            // Long runs of one byte, now and then.
            let count = any([2, 2, 2, 16, 16, 16, 300, 300, 300, 70_000])
            if !bytes.isEmpty {
                bytes.insert(contentsOf: repeatElement(bytes[place(in: bytes) % bytes.count], count: count), at: range.lowerBound)
            }
        }
    }

    private mutating func place(in bytes: [UInt8]) -> Int { Int.random(in: 0...bytes.count, using: &generator) }

    private mutating func range(in bytes: [UInt8]) -> Range<Int> {
        let start = place(in: bytes)
        return start..<min(bytes.count, start + Int.random(in: 0...24, using: &generator))
    }

    private mutating func any<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &generator)]
    }
}
