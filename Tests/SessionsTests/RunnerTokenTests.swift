import Testing

@testable import Sessions

@Suite("Runners' tokens")
struct RunnerTokenTests {
    @Test("A new token has the form, and the tokens of people, leases and strangers don't")
    func form() {
        let tokens = (0..<100).map { _ in RunnerToken.random() }
        #expect(tokens.allSatisfy(RunnerToken.hasForm) && Set(tokens).count == tokens.count)
        let zeros = String(repeating: "0", count: 64)
        for other in ["", "x", "r_nobody", "sam_\(zeros)", "sam_lease_\(zeros)", zeros, String(repeating: "A", count: 40)] {
            #expect(!RunnerToken.hasForm(other), "\(other)")
        }
    }
}
