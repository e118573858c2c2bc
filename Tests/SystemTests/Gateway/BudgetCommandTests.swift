import AgentProtocol
import Foundation
import NIOHTTP1
import Processes
import TestSupport
import Testing

@testable import SystemSupport

@Suite("sam budget")
struct BudgetCommandTests {
    @Test("A budget is set, listed, turned off with a reason, turned on with what it had, and cleared")
    func life() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            #expect(try await sam.sam("budget").text.contains("There is no budget."))
            for (options, scope, period) in [
                ([], "user", "month"), (["--per", "day", "--project", "project"], "project", "day"),
                (["--scope", "platform"], "platform", "month"),
            ] {
                func line() async throws -> JSONValue {
                    let all = try await sam.json("budget", "list")["budgets"]?.elements ?? []
                    return all.first { $0["scope"]?.string == scope && $0["period"]?.string == period } ?? .null
                }
                try await act(["set", "0.50"] + options, sam)
                try await act(["set", "20"] + options, sam)
                var budget = try await line()
                #expect(budget["limit"] == .integer(20_000_000_000) && budget["isOn"] == true && budget["by"] == "owner", "\(budget)")
                #expect(budget["spent"] == 0 && budget["reserved"] == 0)
                #expect(budget["owner"]?.string == (scope == "user" ? "owner" : scope == "project" ? "project" : nil))

                #expect(try await act(["off", "--reason", "release week"] + options, sam).contains("release week"))
                budget = try await line()
                #expect(budget["isOn"] == false && budget["reason"] == "release week" && budget["limit"] == .integer(20_000_000_000))
                try await act(["on"] + options, sam)
                budget = try await line()
                #expect(budget["isOn"] == true && budget["reason"] == nil && budget["limit"] == .integer(20_000_000_000))
                try await act(["clear"] + options, sam)
                #expect(try await line() == .null)
            }
            #expect(try await sam.json("budget", "list") == ["budgets": []])
            let audit = try await sam.sam("audit").text
            for entry in ["budget.set", "budget.off", "budget.on", "budget.cleared", "release week"] { #expect(audit.contains(entry)) }
        }
    }

    @Test("It resets with the next day or month, and the list says when, in money that a person reads")
    func form() async throws {
        try await SamFixture.with { sam in
            try await act(["set", "5", "--per", "day"], sam)
            let text = try await act(["set", "20"], sam)
            #expect(text.hasPrefix("The budget a month is set to $20 at the user scope.\n"), "\(text)")
            let rows = text.split(separator: "\n").dropFirst(2)
            #expect(rows.count == 2 && rows.contains { $0.contains("day") && $0.contains("$5.00") })
            #expect(rows.allSatisfy { $0.contains("user owner") && $0.contains("on") })
            for budget in try await sam.json("budget", "list")["budgets"]?.elements ?? [] {
                guard case .integer(let milliseconds)? = budget["resetsAt"] else { throw CancellationError() }
                var calendar = Calendar(identifier: .gregorian)
                calendar.timeZone = .gmt
                let unit: Calendar.Component = budget["period"] == "day" ? .day : .month
                let next = try #require(calendar.dateInterval(of: unit, for: .now)?.end)
                #expect(milliseconds == Int(next.timeIntervalSince1970 * 1_000), "\(budget)")
            }
        }
    }

    @Test("A mode is set, shown, kept when the amount changes, and means what the list says")
    func mode() async throws {
        try await SamFixture.with { sam in
            func mode() async throws -> JSONValue? { try await sam.json("budget", "list")["budgets"]?.elements?.first?["mode"] }
            try await act(["set", "20"], sam)
            #expect(try await mode() == "strict")
            #expect(try await act(["set", "20", "--mode", "typical"], sam).contains("up to 10 %"))
            #expect(try await act(["set", "30"], sam).contains("typical"))
            #expect(try await mode() == "typical")
            #expect(try await !act(["set", "30", "--mode", "strict"], sam).contains("10 %"))
            let refused = try await sam.sam("budget", "set", "30", "--mode", "loose")
            #expect(refused.termination == .exited(2) && refused.standardError.contains("loose"))
            let answer = try await sam.call(.PUT, "/api/v1/budgets/month", ["scope": "user", "limit": "1", "mode": "loose"])
            #expect(answer["detail"]?.string?.contains("“loose”") == true, "\(answer)")
        }
    }

    @Test("Another time zone moves nothing that runs, and is shown in lists and reports; an invalid one is refused")
    func timeZone() async throws {
        try await SamFixture.with { sam in
            try await act(["set", "20"], sam)
            try await act(["set", "5", "--per", "day"], sam)
            func resets() async throws -> [JSONValue?] {
                try await (sam.json("budget", "list")["budgets"]?.elements ?? []).map { $0["resetsAt"] }
            }
            let before = try await resets()
            for name in ["Mars/Olympus", "europe/berlin", "GMT+25", "../etc/passwd", ""] {
                let refused = try await sam.sam("settings", "set", "budgets.timeZone", name, "--scope", "platform")
                #expect(refused.termination == .exited(1) && refused.standardError.contains("“\(name)”"), "\(refused.standardError)")
            }
            #expect(
                try await sam.sam("settings", "set", "budgets.timeZone", "Pacific/Kiritimati", "--scope", "platform").termination
                    == .exited(0))
            #expect(try await resets() == before)
            #expect(try await act(["list"], sam).contains("00:00 (UTC)"))
            let usage = try await sam.json("usage", "--by", "day")
            #expect(usage["timeZone"] == "UTC" && usage["usage"] == [], "\(usage)")
            #expect(try await sam.sam("usage").text.contains("Nothing was used since"))
        }
    }

    /// What is no budget, how the command ends, and a word of the sentence that says so.
    private static let bad: [(arguments: [String], code: Int32, words: String)] = [
        (["set", "--", "-1"], 1, "“-1”"), (["set", "1,5"], 1, "“1,5”"), (["set", "abc"], 1, "“abc”"), (["set", ""], 1, "“”"),
        (["set", "NaN"], 1, "“NaN”"), (["set", "inf"], 1, "“inf”"), (["set", "1e3"], 1, "“1e3”"),
        (["set", "+5"], 1, "“+5”"), (["set", " 5"], 1, "“ 5”"), (["set", "0x10"], 1, "“0x10”"), (["set", "٥"], 1, "“٥”"),
        (["set", "99999999999999"], 1, "ten million"), (["set", "99999999999999999999999999"], 1, "ten million"),
        (["set", "0.0000000001"], 1, "“0.0000000001”"), (["set"], 2, "amount"), (["set", "5", "--per", "week"], 2, "week"),
        (["set", "5", "--scope", "galaxy"], 2, "galaxy"), (["set", "5", "--scope", "project"], 2, "--project"),
        (["set", "5", "--scope", "user", "--project", "project"], 2, "--scope user"),
        (["set", "5", "--project", "nowhere"], 1, "“nowhere”"),
        (["off"], 1, "no budget a month"), (["on", "--per", "day"], 1, "no budget a day"),
        (["clear", "--scope", "platform"], 1, "platform"),
        (["set", "-1"], 2, "amount"),
    ]

    @Test("An invalid amount, period or layer is refused with a sentence that quotes it, and no budget is made")
    func badInput() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let before = try await sam.rows()
            for (arguments, code, words) in Self.bad {
                let output = try await sam.sam(["budget"] + arguments)
                #expect(output.termination == .exited(code), "\(arguments): \(output.standardError)")
                #expect(output.standardError.contains(words), "\(arguments): \(output.standardError)")
            }
            #expect(try await sam.rows() == before)
            for amount in ["0", "$5", "0.5", "0.000000001", "10000000"] { try await act(["set", amount], sam) }
        }
    }

    @Test(
        "All budgets that apply must hold, and the one that does not is named; one that is off holds nothing back",
        arguments: [
            ("user", []), ("project", ["--project", "project"]), ("platform", ["--scope", "platform"]),
        ])
    func ceiling(_ scope: String, _ options: [String]) async throws {
        try await GatewayServer.withUpstream { sam, upstream in
            try await sam.setCredential("anthropic", "sk-user-0123456789")
            let key = try await sam.gatewayKey("tool", ["project": "project"])
            for other in [[], ["--project", "project"], ["--scope", "platform"]] { try await act(["set", "1000"] + other, sam) }
            #expect(try await sam.relay(with: key).status == 200)
            try await act(["set", "0.0001"] + options, sam)
            let refused = try await sam.relay(with: key)
            #expect(refused.status == 402 && refused["error"]?["message"]?.string?.contains(scope) == true, "\(refused.text)")
            #expect(refused["type"] == "error" && upstream.requests.count == 1)
            try await act(["off"] + options, sam)
            #expect(try await sam.relay(with: key).status == 200)
            try await act(["on"] + options, sam)
            #expect(try await sam.relay(with: key).status == 402)
            try await act(["clear"] + options, sam)
            #expect(try await sam.relay(with: key).status == 200)
        }
    }

    @Test("A session whose budget is spent is refused in its sandbox with the sentence, and continues when there is more")
    func session() async throws {
        try await GatewayServer.withUpstream { sam, upstream in
            try await sam.setCredential("anthropic", "sk-user-0123456789")
            try await act(["set", "0.0001", "--per", "day", "--project", "project"], sam)
            let id = try await GatewayServer.start("anthropic", sam)
            let curl = try #require(SamFixture.curl["anthropic"])
            let refused = try await sam.ask(id, curl)
            #expect(refused.hasSuffix("\n402") && refused.contains("The project's budget"), "\(refused)")
            #expect(upstream.requests.isEmpty)
            try await act(["set", "5", "--per", "day", "--project", "project"], sam)
            #expect(try await sam.ask(id, curl).hasSuffix("\n200"))
        }
    }

    @Test("However many ask at once, no more is spent than there is")
    func noOvershoot() async throws {
        try await GatewayServer.withUpstream { sam, upstream in
            try await sam.setCredential("anthropic", "sk-user-0123456789")
            let key = try await sam.gatewayKey()
            // An answer costs $0.00033.
            try await act(["set", "0.002"], sam)
            await withTaskGroup { group in
                for _ in 0..<100 { group.addTask { _ = try? await sam.relay(with: key) } }
            }
            try await eventually("nothing is held back any more") {
                try await sam.json("budget", "list")["budgets"]?.elements?.first?["reserved"] == 0
            }
            let budget = try #require(try await sam.json("budget", "list")["budgets"]?.elements?.first)
            guard case .integer(let spent)? = budget["spent"] else { throw CancellationError() }
            #expect(spent == upstream.requests.count * 330_000 && spent <= 2_000_000 && spent > 0, "\(budget)")
            let told = try await sam.call(.GET, "/api/v1/notifications")["notifications"]?.elements ?? []
            #expect(told.count { $0["kind"] == "budgetNearlySpent" } <= 1, "At most once")
        }
    }

    // MARK: - Parts

    @discardableResult
    private func act(_ arguments: [String], _ sam: SamFixture) async throws -> String {
        let output = try await sam.sam(["budget"] + arguments)
        #expect(output.termination == .exited(0), "\(arguments): \(output.standardError)")
        return output.text
    }
}
