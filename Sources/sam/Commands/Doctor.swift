import AgentProtocol
import ArgumentParser
import ControlPlane
import Foundation
import Workspaces

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what this machine and SAM's home have and lack and what of the database can't be read, and how to mend it.",
        discussion: """
            Needs no server. It looks at the home that SAM_HOME names (~/.sam), and says whether a server runs there. Ends with 1 when \
            agents can't be started here.

            EXAMPLES
              sam doctor
              sam doctor --json
            """)

    @Flag(help: "Print JSON.")
    var json = false

    private struct Report: Encodable {
        var findings: [HostCheck.Finding]
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let home = Home(environment: environment)
        var findings =
            await HostCheck(home: home).findings()
            + DoctorAdvice.joined(HomeCheck(home: home).findings(), DatabaseCheck(home: home, environment: environment).findings())
        if let place = findings.firstIndex(where: { $0.name == "server" }), let trouble = await Connection.trouble(home) {
            findings[place] = HostCheck.Finding(name: "server", severity: .warning, detail: trouble)
        }
        if json {
            try Terminal.json(Report(findings: findings))
        } else {
            let advice = DoctorAdvice(findings)
            for (finding, fix) in zip(findings, advice.fixes) { show(finding, fix) }
            let bad = findings.contains { $0.severity == .failure }
            Terminal.line()
            Terminal.line(
                bad
                    ? Terminal.styled("Agents can't be started here yet.", .red)
                    : Terminal.styled("Agents can be started here.", .green))
        }
        if findings.contains(where: { $0.severity == .failure }) { throw ExitStatus.failed }
    }

    private func show(_ finding: HostCheck.Finding, _ fix: String?) {
        let mark =
            switch finding.severity {
            case .ok: Terminal.styled("✓", .green)
            case .warning: Terminal.styled("!", .yellow)
            case .failure: Terminal.styled("✗", .red)
            }
        Terminal.line("\(mark) \(finding.name.padding(toLength: 11, withPad: " ", startingAt: 0)) \(finding.detail)")
        if let fix { Terminal.line("              \(fix)") }
    }
}
