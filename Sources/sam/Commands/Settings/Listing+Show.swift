import API
import Accounts
import AgentProtocol
import ArgumentParser
import Cascade
import Settings

extension Listing.Settings {
    /// Prints all settings, or one.
    func show(json: Bool, only key: String? = nil) throws {
        if json { return try Terminal.json(self) }
        for setting in settings where key == nil || setting.key == key {
            let set = setting.outcome == .blocked ? "turned off at" : "set at"
            let source = setting.scope.map { $0 == .standard ? "the standard, as a ceiling" : "\(set) \($0.rawValue)" } ?? "standard"
            Terminal.line("\(Terminal.styled("\(setting.key)", .bold)) = \(setting.value)  \(Terminal.styled("(\(source))", .dim))")
            Terminal.line("  \(setting.summary)")
            for layer in setting.layers where layer.finding != "absent" {
                let by = layer.by.map { " by \($0)" } ?? ""
                let reason = layer.reason.map { ": \($0)" } ?? ""
                Terminal.line("  \(layer.scope.rawValue): \(Terminal.state(layer.finding))\(by)\(reason)")
            }
        }
    }
}
