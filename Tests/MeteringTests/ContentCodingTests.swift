import Logging
import Synchronization
import TestSupport
import Testing

@testable import Metering

@Suite("Answers in content codings")
struct ContentCodingTests {
    /// An answer of 8,000 tokens, which compresses to a few hundred bytes.
    static let answer = Array(
        (#"{"model":"claude-opus-4-5","content":[{"type":"text","text":""# + String(repeating: "word ", count: 8_000)
            + #""}],"usage":{"input_tokens":12,"output_tokens":8000}}"#).utf8)
    static let usage = TokenUsage(input: 12, output: 8_000)

    private func read(_ bytes: [UInt8], _ encoding: String, in pieces: Pieces = .whole, wasCut: Bool = false) -> UsageReading {
        reading(bytes, as: .messages, type: "application/json", encoding: encoding, in: pieces, wasCut: wasCut)
    }

    private func expectEstimate(_ read: UsageReading, _ reason: EstimateReason = .coding, _ what: Comment = "") {
        #expect(!read.isWhole && read.reasons == [reason], what)
        #expect(read.completed(requestBytes: 4_000).usage.total > 0, what)
    }

    @Test(
        "Each coding and each two of them are read to the token",
        arguments: [
            ("gzip", ["gzip"]), ("X-GZip", ["gzip"]), ("deflate", ["deflate"]), ("deflate", ["raw"]), ("deflate", ["gzip"]),
            ("br", ["br"]), ("BR", ["br"]), ("zstd", ["zstd"]), ("gzip, br", ["gzip", "br"]), ("br,gzip", ["br", "gzip"]),
            ("zstd, deflate", ["zstd", "raw"]), (" gzip ,\tidentity , gzip", ["gzip", "gzip"]), ("identity", []), ("", []),
        ] as [(String, [String])])
    func exact(header: String, codings: [String]) throws {
        let bytes = try codings.reduce(Self.answer) { try encoded($0, $1) }
        for pieces in Pieces.all {
            let read = read(bytes, header, in: pieces)
            #expect(read.isWhole && read.reasons.isEmpty && read.usage == Self.usage)
            #expect(read.answerBytes == bytes.count)
        }
    }

    @Test("Several members of gzip and several frames of zstd are one answer", arguments: Pieces.all)
    func members(pieces: Pieces) throws {
        let (first, second) = (Array(Self.answer.prefix(20_000)), Array(Self.answer.dropFirst(20_000)))
        for coding in ["gzip", "zstd"] {
            let bytes = try encoded(first, coding) + encoded([], coding) + encoded(second, coding)
            let read = read(bytes, coding, in: pieces)
            #expect(read.isWhole && read.usage == Self.usage, "\(coding)")
        }
        // Zeros may fill up a block.
        let padded = try encoded(first, "gzip") + [0, 0, 0] + encoded(second, "gzip") + [UInt8](repeating: 0, count: 500)
        #expect(read(padded, "gzip", in: pieces).usage == Self.usage)
        // A frame that decoders skip.
        let skipped = try [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3] + encoded(Self.answer, "zstd")
        #expect(read(skipped, "zstd", in: pieces).usage == Self.usage)
    }

    @Test(
        "What can't be read is an estimate that says so",
        arguments: ["compress", "gzip, compress", "aws-chunked", "gzip, gzip, gzip", "br, gzip, zstd", "gzip;q=1", "utf-8", "sdch", "*"])
    func unreadable(header: String) throws {
        expectEstimate(read(try encoded(Self.answer, "gzip"), header))
    }

    @Test("A damaged answer is an estimate, wherever the damage is", arguments: ["gzip", "deflate", "raw", "br", "zstd"])
    func damaged(coding: String) throws {
        let bytes = try encoded(Self.answer, coding)
        let header = coding == "raw" ? "deflate" : coding
        var hurt = 0
        for index in bytes.indices {
            var copy = bytes
            copy[index] ^= 0x5a
            let read = read(copy, header, in: .random(seed: 4, most: 50))
            // Some codings have no sums, and some bytes of a header mean nothing.
            if !read.isWhole {
                hurt += 1
                #expect(!read.reasons.isEmpty)
            }
        }
        #expect(hurt > bytes.count / 3)
        for rest in [[UInt8]("x".utf8), [UInt8](repeating: 7, count: 3_000)] {
            expectEstimate(read(bytes + rest, header), .coding, "\(rest.count)")
        }
    }

    @Test("An answer that ends in the middle of its coding is an estimate", arguments: ["gzip", "deflate", "raw", "br", "zstd"])
    func unfinished(coding: String) throws {
        let bytes = try encoded(Self.answer, coding)
        let header = coding == "raw" ? "deflate" : coding
        for end in stride(from: 1, to: bytes.count, by: max(1, bytes.count / 40)) {
            expectEstimate(read(Array(bytes.prefix(end)), header), .coding, "at \(end)")
            expectEstimate(read(Array(bytes.prefix(end)), header, wasCut: true), .cut, "cut at \(end)")
        }
        // Nothing at all is no damage.
        #expect(read([], header).reasons == [.untold])
    }

    @Test("A stream that told everything is exact although its coding did not end", arguments: ["gzip", "zstd"])
    func enough(coding: String) throws {
        let stream = UsageTables.messages[1]
        let filler = String(repeating: ": keep-alive\n\n", count: 5_000)
        let bytes = try encoded(stream.bytes, coding) + encoded(Array(filler.utf8), coding).dropLast(2)
        let read = reading(bytes, as: .messages, type: stream.type, encoding: coding)
        #expect(read.isWhole && read.usage == stream.usage)
    }

    @Test(
        "A small answer that swells beyond all measure is given up at once",
        arguments: ["gzip", "deflate", "br", "zstd", "gzip, gzip", "zstd, br"])
    func bomb(header: String) throws {
        let codings = header.split(separator: ", ").map(String.init)
        let bytes = try codings.reduce([UInt8](repeating: 0x20, count: 4 << 20)) { try encoded($0, $1) }
        let decoder = ContentDecoder(header, limit: 1 << 20)
        var count = 0
        bytes.withUnsafeBytes { decoder.decode($0) { count += $0.count } }
        #expect(!decoder.isReadable && count <= 1 << 20)
        bytes.withUnsafeBytes { decoder.decode($0) { count += $0.count } }
        #expect(count <= 1 << 20)
    }

    @Test("What swells beyond all measure ends in an estimate")
    func bombEstimate() throws {
        let text = Array(#"{"usage":{"input_tokens":1,"output_tokens":2},"content":""#.utf8)
        expectEstimate(read(try encoded(text + [UInt8](repeating: 0x78, count: 130 << 20), "zstd"), "zstd"))
    }

    @Test("A window that no reader of HTTP has to have is not made room for")
    func window() throws {
        #expect(try read(zstd(Self.answer, window: 23), "zstd").usage == Self.usage)
        expectEstimate(try read(zstd(Self.answer, window: 27), "zstd"))
    }

    @Test("What is free is not decoded")
    func free() {
        let read = reading([1, 2, 3], as: .free, type: nil, encoding: "unheard-of")
        #expect(read.isWhole && read.reasons.isEmpty)
    }

    @Test("Each provider and coding is warned of once")
    func warning() async throws {
        try await MeteringFixture.with { sam in
            let lines = Mutex<[String]>([])
            let ledger = try UsageLedger(
                budgets: sam.budgets, prices: sam.prices, spool: sam.spool("w"),
                logger: Logger(label: "test") { _ in LineCollector { line in lines.withLock { $0.append(line) } } })
            for _ in 0..<3 {
                for coding in ["compress", "br"] { ledger.codings.warn("custom-house", coding) }
            }
            ledger.codings.warn("openai", "br")
            ledger.codings.warn("openai", String(repeating: "x", count: 10_000))
            let told = lines.withLock { $0 }
            #expect(told.count == 4 && told.allSatisfy { $0.hasPrefix("warning") && $0.utf8.count < 300 })
            #expect(told[0].contains("custom-house") && told[0].contains("compress"))
        }
    }
}
