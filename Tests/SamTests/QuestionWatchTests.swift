import Testing

@testable import sam

@Suite("When a terminal asks the server what is open")
struct QuestionWatchTests {
    @Test("It does at once after a change, else every three seconds while something is open")
    func due() {
        var watch = QuestionWatch()
        let start = ContinuousClock.now
        func isDue(_ changes: Int, _ isOpen: Bool, after milliseconds: Int) -> Bool {
            watch.isDue(changes: changes, isOpen: isOpen, now: start + .milliseconds(milliseconds))
        }
        #expect(!isDue(0, false, after: 0), "Nothing is open")
        #expect(isDue(1, true, after: 150))
        #expect(!isDue(1, true, after: 300) && !isDue(1, true, after: 3_000))
        #expect(isDue(1, true, after: 3_150))
        #expect(isDue(2, true, after: 3_300), "Another was opened or closed")
        #expect(!isDue(3, false, after: 9_000), "The last was closed")
        watch.lookAgain()
        #expect(isDue(3, true, after: 9_001))
    }

    @Test("A question is shown again once, when what was written below it has come to rest")
    func covered() {
        var watch = QuestionWatch()
        var shown: [Int] = []
        for (look, below) in [0, 0, 1, 2, 3, 3, 3, 3, 3, 0, 0, 0, 0, 0, 0].enumerated() where watch.isCovered(below: below) {
            shown.append(look)
        }
        #expect(shown == [8])
    }
}
