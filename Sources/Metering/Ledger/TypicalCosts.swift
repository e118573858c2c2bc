import Accounts
import Store
import Synchronization

/// Recent costs of each kind of request, kept in memory so that a reservation rarely reads the ledger.
///
/// A kind is read from the database on first use, updated with entries booked here, and read again after ten minutes for entries of other
/// servers. Thread-safe.
final class TypicalCosts: Sendable {
    struct Sample: Sendable, Hashable {
        var cost: Money
        /// The request's project, if any.
        var project: ProjectID?
        var projectCost: Money?
    }

    private struct Known {
        var samples: [Sample]
        /// When the samples were read, in UTC milliseconds.
        var readAt: Int64
        /// Cached percentiles: of all requests, and of each project's own prices.
        var ofAll: Money??
        var ofProjects: [ProjectID: Money?] = [:]

        mutating func percentile() -> Money? {
            if let ofAll { return ofAll }
            let found = TypicalCosts.percentile(samples.map(\.cost))
            ofAll = .some(found)
            return found
        }

        mutating func percentile(of project: ProjectID) -> Money? {
            if let known = ofProjects[project] { return known }
            let found = TypicalCosts.percentile(samples.filter { $0.project == project }.compactMap(\.projectCost))
            ofProjects[project] = .some(found)
            return found
        }

        mutating func add(_ sample: Sample) {
            samples.append(sample)
            (ofAll, ofProjects) = (nil, [:])
        }
    }

    private let known = Mutex<[RequestKind: Known]>([:])

    /// The fewest requests that give a typical cost.
    static let least = 50
    /// The most samples that are kept of a kind.
    static let most = 1_000
    private static let kinds = 256
    /// How long samples are used before they are read again, in milliseconds.
    private static let age: Int64 = 600_000

    /// The typical cost of a request of this kind: the 95th percentile, or the most that it may cost if too few are known.
    ///
    /// - Throws: `StoreError`.
    func typical(_ request: BudgetRequest, at now: Int64, in transaction: any Transaction) throws -> LayeredMoney {
        guard let kind = request.kind else { return request.amount }
        try read(kind, now, transaction)
        return known.withLock { known in
            let platform = known[kind]?.percentile() ?? request.amount.platform
            guard let most = request.amount.project, let project = request.payer.project else { return LayeredMoney(platform) }
            return LayeredMoney(platform, project: known[kind]?.percentile(of: project) ?? most)
        }
    }

    /// The 95th percentile; `nil` if there are fewer than 50 costs.
    static func percentile(_ costs: [Money]) -> Money? {
        guard costs.count >= least else { return nil }
        return costs.sorted()[(costs.count * 95 + 99) / 100 - 1]
    }

    /// Adds booked entries to the samples.
    func book(_ entries: [UsageEntry]) {
        known.withLock { known in
            for entry in entries {
                guard let kind = entry.kind, known[kind] != nil else { continue }
                known[kind]?.add(Sample(cost: entry.cost, project: entry.request.payer.project, projectCost: entry.projectCost))
            }
            for (kind, value) in known where value.samples.count > Self.most {
                known[kind]?.samples.removeFirst(value.samples.count - Self.most)
            }
        }
    }

    private func read(_ kind: RequestKind, _ now: Int64, _ transaction: any Transaction) throws {
        if let readAt = known.withLock({ $0[kind]?.readAt }), now - readAt < Self.age { return }
        let rows = try transaction.query(
            "SELECT cost_nano, project_id, project_cost_nano FROM usage WHERE kind = $1 ORDER BY at DESC LIMIT $2", kind.text, Self.most)
        let samples = try rows.reversed().map { row in
            Sample(
                cost: try row.money("cost_nano"), project: try row.optionalText("project_id").map(ProjectID.init(rawValue:)),
                projectCost: try row.optionalMoney("project_cost_nano"))
        }
        known.withLock { known in
            if known.count >= Self.kinds, let oldest = known.min(by: { $0.value.readAt < $1.value.readAt })?.key { known[oldest] = nil }
            known[kind] = Known(samples: samples, readAt: now)
        }
    }
}
