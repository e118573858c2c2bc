import AgentProtocol
import Foundation
import Testing

@testable import Workspaces

@Suite("What a dead runner kept")
struct SpoolReaderTests {
    private func line(_ n: Int) throws -> Data {
        try JSONLine.encode(NumberedEvent(n: n, at: Int64(n), event: .note(Note("\(n)")))) + Data("\n".utf8)
    }

    @Test("Events after a number come in order")
    func whole() throws {
        let events = SpoolReader.events(in: try line(1) + line(2) + line(3), after: 1, now: 9)
        #expect(events.map(\.n) == [2, 3])
        #expect(events.map(\.at) == [2, 3])
    }

    @Test("A line that was cut, is none of an event or has another's number is a note in its place, and those after it are not lost")
    func damaged() throws {
        let cut = try line(4).prefix(12)
        let events = SpoolReader.events(in: try line(1) + Data("garbage\n".utf8) + line(3) + cut, after: 0, now: 9)
        #expect(events.map(\.n) == [1, 2, 3, 4])
        #expect(events.map(\.at) == [1, 1, 3, 3])
        for place in [1, 3] {
            guard case .note(let note) = events[place].event else {
                Issue.record("\(events[place]) is no note")
                continue
            }
            #expect(note.text.contains("can't be read"))
        }
        #expect(events[2].event == .note(Note("3")))
        let misnumbered = SpoolReader.events(in: try line(1) + line(7) + line(3), after: 0, now: 9)
        #expect(misnumbered.map(\.n) == [1, 2, 3])
    }
}
