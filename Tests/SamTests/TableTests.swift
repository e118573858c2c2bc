import Testing

@testable import sam

@Suite("Tables on a terminal")
struct TableTests {
    private func lines(within width: Int?) -> [String] {
        var table = Table([.whole("SESSION"), "STATE", "TASK"])
        table.add([
            "s_0123456789ab", "queued, number 2 in line, waiting for its turn", "Write the tests for the parser, please, all of them",
        ])
        table.add(["s_1", "completed", "Go"])
        return table.lines(within: width).map { $0.rendered(colour: false) }
    }

    @Test("No line is longer than the terminal is wide: the widest columns are cut, ids are not", arguments: [40, 60, 80, 100])
    func cut(_ width: Int) {
        let lines = lines(within: width)
        #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
        #expect(lines[1].hasPrefix("s_0123456789ab  ") && lines[1].contains("…"), "\(lines)")
        #expect(lines[2].contains("completed") && lines[2].hasSuffix("Go"))
    }

    @Test("At 60 columns the list of sessions keeps its ids whole, and the other columns shrink")
    func sessions() {
        var table = Table([.whole("SESSION"), "STATE", "PROJECT", "AGENT", "STARTED", "TASK"])
        table.add(["s_0123456789ab", "working, needs an answer", "a-long-project-name", "claude-code", "12 min ago", "Write the tests"])
        let lines = table.lines(within: 60).map { $0.rendered(colour: false) }
        #expect(lines.allSatisfy { $0.count <= 60 } && lines[1].hasPrefix("s_0123456789ab  "), "\(lines)")
    }

    @Test("What is never cut is a property of the column, whatever its cells look like")
    func columns() {
        var table = Table(["NAME", .whole("COUNT")])
        // A name that looks like an id or a number is text, and a count that looks like text is one.
        for name in ["s_0123456789ab", "1234567890123456789", "a name of many words, long"] { table.add([name, "12 345 678 tokens"]) }
        let lines = table.lines(within: 25).map { $0.rendered(colour: false) }
        #expect(lines.dropFirst().allSatisfy { $0.hasSuffix("…  12 345 678 tokens") && $0.count <= 25 }, "\(lines)")
    }

    @Test("In a pipe, and where there is room, nothing is cut", arguments: [nil, 200])
    func whole(_ width: Int?) {
        #expect(lines(within: width)[1].hasSuffix("waiting for its turn  Write the tests for the parser, please, all of them"))
    }
}
