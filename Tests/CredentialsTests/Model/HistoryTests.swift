import Foundation
import Testing

/// Credentials against a model that was written from the contract alone: whatever people and sessions do, in whatever
/// order, no token lands where it was not issued for, and none is lost by SAM's doing.
@Suite("Histories of credentials")
struct HistoryTests {
    @Test("Every short history goes as the contract says", arguments: [SmallWorld.oneSession, .twoSessions, .oneLayer])
    func everyShortHistory(world: SmallWorld) async throws {
        let failure = try await firstFailure(among: world.count) { world.history($0) }
        if let failure { Issue.record("History \(failure.number): \(failure.failure)") }
    }

    /// Together with the short ones more than 20,000; `make model` runs a million in a release build.
    @Test("Random histories go as the contract says")
    func randomHistories() async throws {
        let count = Int(ProcessInfo.processInfo.environment["SAM_MODEL_HISTORIES"] ?? "") ?? 4_000
        let failure = try await firstFailure(among: count) { History(seed: UInt64($0)) }
        if let failure { Issue.record("Seed \(failure.number): \(failure.failure)") }
    }

    /// A test that can't fail says nothing.
    @Test("A contract in which sync resolves anew is told from the real one, in a short story")
    func aWrongModelIsFound() async throws {
        let failure = try await firstFailure(among: 2_000, .syncResolvesAnew) { History(seed: UInt64($0)) }
        let story = try #require(failure?.failure.story)
        #expect(story.steps.count <= 6, "\(story)")
    }

    /// The first failure that one of two tasks comes upon, each with a database of its own.
    private func firstFailure(
        among count: Int, _ mutation: CredentialModel.Mutation? = nil, _ history: @escaping @Sendable (Int) -> History
    ) async throws -> Found? {
        let lanes = 2
        return try await withThrowingTaskGroup(of: Found?.self) { group in
            for lane in 0..<lanes {
                group.addTask {
                    try await CredentialsFixture.with { sam -> Found? in
                        let runner = HistoryRunner(sam: sam, mutation: mutation)
                        for number in stride(from: lane, to: count, by: lanes) {
                            if Task.isCancelled { return nil }
                            guard let failure = try await runner.failure(of: history(number)) else { continue }
                            return Found(number: number, failure: failure)
                        }
                        return nil
                    }
                }
            }
            for try await found in group where found != nil {
                group.cancelAll()
                return found
            }
            return nil
        }
    }

    private struct Found: Sendable {
        let number: Int
        let failure: HistoryRunner.Failure
    }
}
