import API
import ControlPlane
import Workspaces

/// The advice of the doctor's findings, each said once. Pure.
struct DoctorAdvice {
    /// The advice for each finding; `nil` where there is none, or where an earlier finding has it.
    let fixes: [String?]

    init(_ findings: [HostCheck.Finding]) {
        var said: Set<String> = []
        fixes = findings.map { finding in finding.fix.flatMap { said.insert($0).inserted ? $0 : nil } }
    }

    /// Joins the findings about the home with those about the database in it. A database can't be looked at in a home that can't be used,
    /// and the same would be said of it. Of the master keys, what keeps a server from starting is said and nothing else.
    static func joined(_ home: [HostCheck.Finding], _ database: [HostCheck.Finding]) -> [HostCheck.Finding] {
        guard home.contains(where: { $0.name == "home" && $0.severity == .failure }) else {
            let saysKeys = database.contains { $0.name == DatabaseCheck.keysName }
            return home.filter { !saysKeys || $0.name != DatabaseCheck.keysName } + database
        }
        return home + database.filter { $0.severity != .failure }
            + (database.contains { $0.severity == .failure }
                ? [HostCheck.Finding(name: "database", severity: .warning, detail: "not looked at", fix: "Mend the home first, as above.")]
                : [])
    }
}
