import Testing
import Wording
import Workspaces

@testable import sam

@Suite("Steps that take longer than a moment")
struct StepLinesTests {
    @Test("Nothing is said within the first second, then at once, then every ten seconds")
    func lines() {
        var lines = StepLines()
        let said = [0, 500, 999, 1_000, 1_100, 10_999, 11_000, 11_001].map { now in
            lines.take(WorkspaceProgress("fetching", detail: "objects \(now)"), at: now)
        }
        #expect(said == [nil, nil, nil, "fetching: objects 1000", nil, nil, "fetching: objects 11000", nil])
        #expect(lines.suffix == ", fetching: objects 11001", "A line that is drawn again and again is always the newest")
    }

    @Test("The next step has its own second; when there is none, nothing is shown")
    func steps() {
        var lines = StepLines()
        _ = lines.take(WorkspaceProgress("one"), at: 0)
        #expect(lines.take(WorkspaceProgress("one"), at: 5_000) == "one")
        #expect(lines.take(WorkspaceProgress("two"), at: 5_100) == nil)
        #expect(lines.suffix == "")
        #expect(lines.take(WorkspaceProgress("two"), at: 6_100) == "two")
        #expect(lines.take(nil, at: 6_200) == nil)
        #expect(lines.suffix == "")
    }

    @Test("What a server wrote moves nothing on a terminal")
    func controls() {
        var lines = StepLines()
        let step = WorkspaceProgress("one", detail: "a\u{1b}[2J\r\u{202e}b")
        _ = lines.take(step, at: 0)
        let said = lines.take(step, at: 2_000) ?? ""
        #expect(said.contains("b"))
        for text in [said, lines.suffix] {
            let printed = PrintedText("\(text)").rendered(colour: false)
            for control in ["\u{1b}", "\r", "\u{202e}"] { #expect(!printed.contains(control)) }
        }
    }
}
