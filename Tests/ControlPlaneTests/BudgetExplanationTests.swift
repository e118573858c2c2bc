import Accounts
import AgentProtocol
import Cascade
import Testing

@testable import ControlPlane
@testable import Metering

@Suite("Which budgets a request has to hold, and why")
struct BudgetExplanationTests {
    private static func budget(_ scope: Scope, _ limit: Int64, spent: Int64 = 0, held: Int64 = 0, isOn: Bool = true) -> BudgetStanding {
        BudgetStanding(
            scope: scope, owner: "x", period: .month, isOn: isOn, limit: Money(rawValue: limit), mode: .strict,
            spent: Money(rawValue: spent),
            reserved: Money(rawValue: held), resetsAt: 0, timeZone: "Europe/Berlin", reason: isOn ? nil : "release", by: "kim", changedAt: 5
        )
    }

    @Test(
        "The budget with the least left is the tightest; one that is off says nothing; none left is nothing, not less",
        arguments: [
            ([], nil, nil), ([budget(.user, 10)], .user, 10), ([budget(.user, 10), budget(.platform, 8)], .platform, 8),
            ([budget(.user, 10, spent: 5), budget(.platform, 8)], .user, 5),
            ([budget(.user, 10, spent: 5, held: 3), budget(.project, 3)], .user, 2),
            ([budget(.user, 1, isOn: false), budget(.platform, 8)], .platform, 8), ([budget(.user, 1, isOn: false)], nil, nil),
            ([budget(.user, 10, spent: 12)], .user, 0), ([budget(.project, 5), budget(.user, 5)], .project, 5),
        ] as [([BudgetStanding], Scope?, Int64?)])
    func tightest(_ budgets: [BudgetStanding], _ scope: Scope?, _ left: Int64?) throws {
        let explained = BudgetExplanation(.month, budgets, inProject: true)
        #expect(explained.scope == scope && explained.left?.rawValue == left)
        #expect(explained.outcome == (scope == nil ? .absent : .found))
        #expect(explained.layers.map(\.scope) == [.project, .user, .platform])
        #expect(explained.layers.filter { $0.verdict == "tightest" }.map(\.scope) == (scope.map { [$0] } ?? []))
        for layer in explained.layers {
            let budget = budgets.first { $0.scope == layer.scope }
            #expect(layer.finding == (budget == nil ? "absent" : budget?.isOn == true ? "active" : "inactive"))
            #expect(
                layer.limit == budget?.limit && layer.by == budget?.by && layer.at == budget?.changedAt && layer.reason == budget?.reason)
        }
        #expect(scope == nil || explained.sentence.contains("(Europe/Berlin)"), "\(explained.sentence)")
    }

    @Test("Outside of a project there is no project's layer")
    func outside() {
        #expect(BudgetExplanation(.day, [], inProject: false).layers.map(\.scope) == [.user, .platform])
    }

    @Test("In JSON its layers have the keys of all explanations' layers, and their own beside them")
    func json() throws {
        let json = try JSONValue(encoding: Explanations([BudgetExplanation(.month, [Self.budget(.user, 10)], inProject: false)]))
        let layer = try #require(json["explanations"]?.elements?.first?["layers"]?.elements?.first)
        for key in ["scope", "finding", "verdict", "by", "at", "limit", "spent", "reserved", "mode", "timeZone"] {
            #expect(layer[key] != nil, "\(key) in \(layer)")
        }
    }
}
