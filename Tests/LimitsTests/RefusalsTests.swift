import Synchronization
import Testing

@testable import Limits

@Suite("What limits tell")
struct RefusalsTests {
    @Test("A thousand refusals are a thousand in the count and one line in the log, and another reason is another line")
    func once() {
        let lines = Mutex<[String]>([])
        let refusals = Refusals(pause: .seconds(1_000)) { line in lines.withLock { $0.append(line) } }
        for _ in 0..<1_000 { refusals.count(.unproved, at: .session("s_1")) }
        refusals.count(.body, at: .control)
        #expect(refusals.counts == [.init(listener: "session", reason: .unproved): 1_000, .init(listener: "control", reason: .body): 1])
        let told = lines.withLock { $0 }
        #expect(told.count == 2 && told[0].contains("“session”") && told[0].contains("had not proved who they are"), "\(told)")
    }

    @Test("After a while it is told how many there were meanwhile")
    func later() {
        let lines = Mutex<[String]>([])
        let refusals = Refusals(pause: .zero) { line in lines.withLock { $0.append(line) } }
        for _ in 0..<3 { refusals.count(.all, at: .network) }
        #expect(lines.withLock { $0.count } == 3)
        #expect(lines.withLock { $0.allSatisfy { $0.contains(" 1 refused") } })
    }

    @Test("Every reason is a sentence for the one who is refused", arguments: LimitReason.allCases)
    func sentences(_ reason: LimitReason) {
        #expect(reason.sentence.hasSuffix(".") && reason.sentence.count > 20)
    }
}
