import Fuzzing

/// Choices that are the same for the same seed.
struct Dice: Sendable {
    var generator: SeededGenerator

    init(seed: UInt64, exchange: Int) {
        // Of two neighbouring seeds the one's numbers are the other's, one later: the seed of each exchange is drawn by lot itself.
        var seeds = SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(exchange))
        generator = SeededGenerator(seed: seeds.next())
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[int(0...(elements.count - 1))] }

    /// A part of a number, often none or all of it.
    mutating func part(of whole: Int) -> Int { chance(35) ? 0 : chance(10) ? whole : int(0...whole) }

    /// How long a prompt is. Never near a border between two prices: how providers count to it is not documented to the token.
    mutating func prompt() -> Int {
        switch int(0...99) {
        case 0..<70: int(1...5_000)
        case 70..<88: int(5_000...180_000)
        default: int(300_000...900_000)
        }
    }

    mutating func output() -> Int { chance(75) ? int(1...900) : int(900...60_000) }

    /// A text, with what a reader who searches instead of parsing falls for.
    mutating func text() -> String {
        (0..<int(1...6)).map { _ in
            pick([
                "Grüße aus Köln", "漢字かな交じり文", "👩‍💻🙂", "plain words of an answer", "line\nbreak", "tab\tand \"quotes\" and \\",
                #""usage":{"input_tokens":77777,"output_tokens":88888,"total_tokens":99999}"#, "data: [DONE]", "event: message_stop",
                #"{"usageMetadata":{"promptTokenCount":55555}}"#, "\r\n\r\ndata: {}", "x", "\u{2028}",
            ])
        }.joined(separator: pick([" ", "", "\n"]))
    }
}
