import Testing
import Wording

@Suite("Counted nouns")
struct CountedTests {
    @Test("One is not several")
    func counted() {
        #expect([0, 1, 2].map { $0.of("file") } == ["0 files", "1 file", "2 files"])
        #expect([1, 2].map { $0.of("branch", "branches") } == ["1 branch", "2 branches"])
    }
}
