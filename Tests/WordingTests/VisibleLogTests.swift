import Logging
import Synchronization
import Testing
import Wording

@Suite("Log lines")
struct VisibleLogTests {
    private final class Sink: TextOutputStream, Sendable {
        private let content = Mutex("")
        var text: String { content.withLock { $0 } }
        func write(_ text: String) { content.withLock { $0 += text } }
    }

    private struct Described: Error, CustomStringConvertible {
        var description: String
    }

    @Test(
        "Nothing from outside forges a line or rewrites the screen, in the message and in metadata of every kind; plain words come through")
    func visible() {
        let bad = "x\u{1b}]52;c;aGk=\u{7}\n2026-01-01 notice sam: [Sessions] forged\u{202e}"
        let sink = Sink()
        var logger = Logger(label: "sam") { label in
            VisibleLogHandler(StreamLogHandler(label: label, stream: sink, metadataProvider: .init { ["provided": "\(bad)"] }))
        }
        logger[metadataKey: bad] = "\(bad)"
        logger[metadataKey: "kept"] = .array([.string(bad), .dictionary([bad: .stringConvertible(Described(description: bad))])])
        logger.error("\(bad) Größe 漢字 👩‍💻", metadata: ["own": "\(bad)", bad: "1"])
        logger.info("\(bad)")
        logger.error("failed", error: Described(description: bad))
        #expect(sink.text.count { $0 == "\n" } == 3, "\(sink.text)")
        #expect(
            sink.text.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\u{200d}" || HiddenCharacters.effect(of: $0) == nil },
            "\(sink.text.debugDescription)")
        #expect(sink.text.contains("x^[]52;c;aGk=^G⏎2026-01-01 notice sam: [Sessions] forged<U+202E> Größe 漢字 👩‍💻\n"))
    }

    @Test("The level is that of what writes")
    func level() {
        let sink = Sink()
        var logger = Logger(label: "sam") { VisibleLogHandler(StreamLogHandler(label: $0, stream: sink)) }
        logger.debug("quiet")
        #expect(sink.text.isEmpty)
        logger.logLevel = .debug
        logger.debug("loud")
        #expect(sink.text.hasSuffix("loud\n"))
    }
}
