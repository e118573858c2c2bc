import AgentProtocol
import Foundation
import Processes
import Store
import TestSupport
import Testing

@testable import SystemSupport

/// Everything that shows a day, a month or a time of budgets and usage.
@Suite("The time zone of budgets")
struct TimeZoneShownTests {
    /// 14 hours ahead of UTC all year.
    private static let zone = "Pacific/Kiritimati"

    /// The fields of the API that are times of budgets and usage, and the field beside each that says its zone.
    private static let fields: [String: [String: String]] = [
        // The last change is a moment and no border of a period.
        "Budget": ["resetsAt": "timeZone", "changedAt": ""], "Usage": ["since": "sinceText"], "UsageLine": [:],
        "BudgetLayer": ["at": "", "resetsAt": "timeZone"],
    ]

    /// The files that put such a time into words or fields.
    private static let files: Set<String> = [
        // A refusal, the notification of a nearly spent budget, the fields, and the words themselves.
        "Metering/Ledger/UsageLedger+Judging.swift", "Metering/Ledger/UsageLedger.swift", "Metering/Ledger/Budgets.swift",
        "Metering/Ledger/UsageSince.swift", "Metering/Ledger/Period.swift", "Metering/Ledger/BudgetZones.swift",
        "Metering/Ledger/UsageReports.swift",
        "API/Layers/BudgetExplanation.swift", "ControlPlane/API/UsageRoutes.swift",
        "sam/Commands/Usage.swift", "sam/Commands/Budget/BudgetOptions.swift",
    ]

    @Test("It is said in every command, answer, refusal and notification that shows a time")
    func shown() async throws {
        try await GatewayServer.withUpstream { sam, _ in
            try await sam.setCredential("anthropic", "sk-user-0123456789")
            let key = try await sam.gatewayKey("tool", ["project": "project"])
            // As if it had been chosen long ago: a choice holds from the next day and the next month on.
            let chosen = Int64(Date.now.timeIntervalSince1970 * 1_000) - 100 * 86_400_000
            let store = try Store.sqlite(at: sam.home + "/sam.db")
            try await store.write { transaction in
                _ = try transaction.execute(
                    "INSERT INTO setting_history (key, since, value) VALUES ('budgets.timeZone', $1, $2)", chosen, Self.zone)
            }
            let midnight = "00:00 (\(Self.zone))"
            #expect(try await text(sam, "usage").contains("Nothing was used since \(try firstOfMonth()) \(midnight)"))

            // Budgets, as a table and as JSON.
            for period in ["day", "month"] {
                for act in [["set", "20"], ["off"], ["on"], ["list"]] {
                    let options = act == ["list"] ? [] : ["--per", period, "--project", "project"]
                    let table = try await text(sam, ["budget"] + act + options)
                    // An act says first what it did.
                    let rows = table.split(separator: "\n").drop { !$0.hasPrefix("SCOPE") }.dropFirst()
                    #expect(!rows.isEmpty && rows.allSatisfy { $0.contains(midnight) }, "\(act): \(table)")
                }
                let explained = try await text(sam, "budget", "explain", "--per", period, "--project", "project")
                #expect(explained.contains(midnight), "\(explained)")
            }
            let budgets = try await sam.json("budget", "list")["budgets"]?.elements ?? []
            #expect(budgets.count == 2 && budgets.allSatisfy { $0["timeZone"]?.string == Self.zone })
            for budget in budgets {
                // Midnight there is 10 o'clock in UTC.
                let time = try #require(budget["resetsAt"]?.wholeNumber)
                #expect(time % 86_400_000 == 10 * 3_600_000)
            }

            // Usage.
            for _ in 0..<40 { #expect(try await sam.relay(with: key).status == 200) }
            try await eventually("all are settled") { try await sam.usage(by: "user")["owner"]?["requests"] == 40 }
            for arguments in [[], ["--days", "7"], ["--by", "day"], ["--by", "day", "--days", "7"]] {
                let table = try await text(sam, ["usage"] + arguments)
                let head = try #require(table.split(separator: "\n").first)
                #expect(head.hasPrefix("Since ") && head.hasSuffix(midnight), "\(arguments): \(table)")
                let json = try JSONLine.decode(JSONValue.self, from: try await text(sam, ["usage"] + arguments + ["--json"]))
                #expect(json["timeZone"]?.string == Self.zone && json["sinceText"]?.string.map { head == "Since \($0)" } == true, "\(json)")
                let lines = json["usage"]?.elements ?? []
                let isByDay = arguments.contains("day")
                #expect(table.contains("DAY (\(Self.zone))") == isByDay, "\(table)")
                #expect(!lines.isEmpty && lines.allSatisfy { $0["timeZone"]?.string == (isByDay ? Self.zone : nil) }, "\(lines)")
            }

            // 40 requests cost $0.0132, and one more passes four fifths of the limits.
            for period in ["day", "month"] { try await sam.act("budget", "set", "0.016", "--per", period, "--project", "project") }
            #expect(try await sam.relay(with: key).status == 200)
            try await eventually("it is said that they are nearly spent") {
                let told = try await text(sam, "notifications").split(separator: "\n").filter { $0.contains("budget") }
                return told.count == 2 && told.allSatisfy { $0.contains(midnight) }
            }
            for (period, other) in [("day", "month"), ("month", "day")] {
                try await sam.act("budget", "set", "0.0001", "--per", period, "--project", "project")
                try await sam.act("budget", "set", "20", "--per", other, "--project", "project")
                let refused = try await sam.relay(with: key)
                #expect(refused.status == 402, "\(refused.text)")
                #expect(
                    refused["error"]?["message"]?.string?.contains("a \(period)") == true && refused.text.contains(midnight),
                    "\(refused.text)")
            }
        }
    }

    @Test("Every time field of budgets and usage in the API's description has a field that says its zone")
    func described() throws {
        let text = try String(
            contentsOf: SamFixture.repositoryRoot.appending(path: "Sources/ControlPlane/API/openapi.yaml"), encoding: .utf8)
        var found: [String: Set<String>] = [:]
        var schema = ""
        for line in text.split(separator: "\n") {
            if let match = line.wholeMatch(of: /[ ]{4}([A-Z][A-Za-z]*):.*/) { schema = String(match.1) }
            guard let field = line.wholeMatch(of: /[ ]{8}([A-Za-z]+): \{\$ref: "#\/components\/schemas\/Time".*/) else { continue }
            found[schema, default: []].insert(String(field.1))
        }
        try #require(found.count > 5, "The description is laid out in another way")
        for schema in found.keys where schema.contains("Budget") || schema.contains("Usage") {
            #expect(found[schema] == Set(Self.fields[schema]?.keys ?? [:].keys), "\(schema)")
        }
        for (schema, fields) in Self.fields {
            let section = try #require(text.firstRange(of: "\n    \(schema):\n")).upperBound
            let description = text[section...].split(separator: /\n    [A-Z]/, maxSplits: 1)[0]
            for other in fields.values where !other.isEmpty { #expect(description.contains("        \(other): "), "\(schema).\(other)") }
        }
    }

    @Test("No other place puts such a time into words")
    func places() throws {
        let sources = SamFixture.repositoryRoot.appending(path: "Sources")
        var found: Set<String> = []
        for case let file as URL in try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)) {
            guard file.pathExtension == "swift" else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            guard text.contains(/reset\(after|LocalTime\(zone|sinceText:|resetsAt:|name\(ofDay|listing\.sinceText/) else { continue }
            found.insert(String(file.standardizedFileURL.path.dropFirst(sources.standardizedFileURL.path.count + 1)))
        }
        #expect(found.subtracting(Self.declarations) == Self.files, "A new place belongs into the test above")
    }

    /// Where the fields are declared.
    private static let declarations: Set<String> = [
        "API/Listing.swift", "Metering/Ledger/Budget.swift", "Metering/Ledger/BudgetDesk.swift",
    ]

    // MARK: - Parts

    private func text(_ sam: SamFixture, _ arguments: String...) async throws -> String { try await text(sam, arguments) }

    private func text(_ sam: SamFixture, _ arguments: [String]) async throws -> String {
        let output = try await sam.sam(arguments)
        try #require(output.termination == .exited(0), "\(arguments): \(output.standardError)")
        return output.text
    }

    /// The first day of the current month there.
    private func firstOfMonth() throws -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: Self.zone))
        let start = try #require(calendar.dateInterval(of: .month, for: .now)?.start)
        return start.formatted(Date.ISO8601FormatStyle(timeZone: calendar.timeZone).year().month().day())
    }
}
