import Testing
import Workspaces

@testable import sam

@Suite("The doctor's advice")
struct DoctorAdviceTests {
    private func finding(_ name: String, _ severity: HostCheck.Severity, _ fix: String? = nil) -> HostCheck.Finding {
        HostCheck.Finding(name: name, severity: severity, detail: "…", fix: fix)
    }

    @Test("Is said once, where it is needed first")
    func once() {
        let advice = DoctorAdvice([
            finding("home", .ok), finding("token", .failure, "Run SAM as kim."), finding("vault.keys", .failure, "Run SAM as kim."),
            finding("disk", .warning, "Free some space."),
        ])
        #expect(advice.fixes == [nil, "Run SAM as kim.", nil, "Free some space."])
    }

    @Test("Master keys that keep a server from starting are told once, as that")
    func keys() {
        let home = [finding("home", .ok), finding("vault.keys", .warning, "chmod 600"), finding("server", .ok)]
        let joined = DoctorAdvice.joined(home, [finding("database", .ok), finding("vault.keys", .failure, "first")])
        #expect(joined.map(\.name) == ["home", "server", "database", "vault.keys"] && joined.last?.severity == .failure)
        #expect(DoctorAdvice.joined(home, [finding("database", .ok)]).map(\.name) == ["home", "vault.keys", "server", "database"])
    }

    @Test("A home that can't be used is told as that, and not as its database's fault too", arguments: [true, false])
    func home(_ isUsable: Bool) {
        let home = [finding("home", isUsable ? .ok : .failure, isUsable ? nil : "chmod 700 '/h'")]
        let joined = DoctorAdvice.joined(home, [finding("database", .failure, "chown kim '/h' && chmod 700 '/h'")])
        #expect(joined.map(\.severity) == (isUsable ? [.ok, .failure] : [.failure, .warning]))
        #expect(joined.last?.fix == (isUsable ? "chown kim '/h' && chmod 700 '/h'" : "Mend the home first, as above."))
        #expect(DoctorAdvice.joined(home, [finding("database", .ok)]).last?.severity == .ok)
    }
}
