import Foundation
import Testing

/// Credentials against a model that was written from the contract alone: whatever people and sessions do, in whatever
/// order, no token lands where it was not issued for, and none is lost by SAM's doing.
@Suite("Histories of credentials")
struct HistoryTests {
    @Test("Every short history goes as the contract says", arguments: [SmallWorld.oneSession, .twoSessions, .oneLayer])
    func everyShortHistory(world: SmallWorld) async throws {
        let walks = try await inLanes { runner, lane, lanes in
            let steps = world.alphabet.enumerated().filter { $0.offset % lanes == lane }.map(\.element)
            return try await runner.walk(world, beginningWith: steps, withOpening: lane == 0)
        }
        for case let failure? in walks.map(\.failure) { Issue.record("\(failure)") }
        #expect(walks.map(\.count).reduce(0, +) == world.count)
    }

    @Test("A wrong contract is found among the short histories, too")
    func aWrongModelIsFoundByWalking() async throws {
        let walks = try await inLanes(.syncResolvesAnew) { runner, lane, _ in
            try await runner.walk(.oneSession, beginningWith: lane == 0 ? SmallWorld.oneSession.alphabet : [], withOpening: false)
        }
        let story = try #require(walks.lazy.compactMap(\.failure).first?.story)
        #expect(story.steps.count <= 6, "\(story)")
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

    /// The first failure that one of two tasks comes upon.
    private func firstFailure(
        among count: Int, _ mutation: CredentialModel.Mutation? = nil, _ history: @escaping @Sendable (Int) -> History
    ) async throws -> Found? {
        let found = try await inLanes(mutation) { runner, lane, lanes -> Found? in
            for number in stride(from: lane, to: count, by: lanes) {
                guard let failure = try await runner.failure(of: history(number)) else { continue }
                return Found(number: number, failure: failure)
            }
            return nil
        }
        return found.lazy.compactMap(\.self).min { $0.number < $1.number }
    }

    /// What two tasks at once return, each with a database of its own.
    private func inLanes<Result: Sendable>(
        _ mutation: CredentialModel.Mutation? = nil,
        _ body: @escaping @Sendable (_ runner: HistoryRunner, _ lane: Int, _ lanes: Int) async throws -> Result
    ) async throws -> [Result] {
        let lanes = 2
        return try await withThrowingTaskGroup(of: Result.self) { group in
            for lane in 0..<lanes {
                group.addTask {
                    try await CredentialsFixture.with { try await body(HistoryRunner(sam: $0, mutation: mutation), lane, lanes) }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    private struct Found: Sendable {
        let number: Int
        let failure: HistoryRunner.Failure
    }
}
