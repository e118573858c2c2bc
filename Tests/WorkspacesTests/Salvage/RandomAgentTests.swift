import Accounts
import Foundation
import Testing

@testable import Workspaces

/// Agents that do anything, held against a walk over what they left.
@Suite("Whatever an agent does", .serialized)
struct RandomAgentTests {
    /// `make test` runs the same 300 always, `make fuzz` others for `SAM_FUZZ_SECONDS`.
    @Test("Every commit in the workspace's stores and every file that is not ignored arrives, or the workspace is kept and says why")
    func nothingIsLost() async throws {
        let environment = ProcessInfo.processInfo.environment
        let time = environment["SAM_FUZZ_SECONDS"].flatMap(Int.init).map(Duration.seconds)
        let first = environment["SAM_FUZZ_SEED"].flatMap(UInt64.init) ?? (time == nil ? 1 : .random(in: 1_000...1_000_000_000))
        let start = ContinuousClock.now
        let count = Tally()
        try await SalvageFixture.with { fixture in
            // Two at a time: each waits for other processes half of its time.
            await withTaskGroup(of: Void.self) { group in
                for lane in 0..<2 as Range<UInt64> {
                    group.addTask {
                        var seed = first + lane
                        while time.map({ ContinuousClock.now - start < $0 }) ?? (seed < first + 300) {
                            await check(seed, fixture, count)
                            seed += 2
                        }
                    }
                }
            }
        }
        let (runs, kept) = await (count.runs, count.kept)
        #expect(kept.count * 10 < runs, "Workspaces are kept for damage that can't be mended alone: \(kept.sorted())")
        if time != nil { print("\(runs) agents from SAM_FUZZ_SEED=\(first)") }
    }

    private func check(_ seed: UInt64, _ fixture: SalvageFixture, _ count: Tally) async {
        var agent = RandomAgent(seed: seed)
        let script = agent.script()
        do {
            let workspace = try await fixture.workspace()
            try await workspace.run(script, seed: Int(seed % 100_000))
            let left = try await LeftWork(in: workspace)
            let result = try await workspace.salvage()
            let complaints = try await left.complaints(about: result)
            if !complaints.isEmpty { Issue.record("SAM_FUZZ_SEED=\(seed): \(complaints)\n\(script)\n\(result)") }
            await count.add(result.remaining.map { "\(seed): \($0)" })
            await fixture.host.cleanUp(workspace.session, of: fixture.project.id, keepingWorkspace: false, keepingHome: false)
        } catch {
            Issue.record("SAM_FUZZ_SEED=\(seed): \(error)\n\(script)")
        }
    }

    private actor Tally {
        var runs = 0
        var kept: [String] = []

        func add(_ remaining: [String]) {
            runs += 1
            if let first = remaining.first { kept.append(first) }
        }
    }
}
