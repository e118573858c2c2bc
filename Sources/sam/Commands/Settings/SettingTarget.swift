import Accounts
import AgentProtocol
import ArgumentParser
import Cascade
import ControlPlane
import Settings

/// The setting and the layer of a command.
struct SettingTarget: ParsableArguments {
    @Argument(help: "The setting's name, as `sam settings` lists it.")
    var key: String

    @OptionGroup var layer: LayerOptions

    private var path: String { "/api/v1/settings/\(key.pathSegment)" }

    /// Makes a change, says at which layer, and prints what holds now.
    func send(_ act: LayerAct, value: String? = nil, reason: String? = nil) async throws {
        let (scope, listing) = try await Connection.with { client -> (Scope, Listing.Settings) in
            var scope = layer.layer()
            if layer.scope == nil, layer.project == nil {
                let known: Explanations<SettingExplanation> = try await client.get(path)
                scope = layer.layer(allowed: known.explanations.first?.scopes ?? Scope.allCases)
            }
            let change = SettingChange(scope: scope, project: layer.project, value: value, reason: reason)
            return (scope, try await client.send(act.method, path + act.place, change))
        }
        if !layer.json { Terminal.line(act.sentence(key, at: scope, project: layer.project)) }
        try listing.show(json: layer.json, only: key)
    }
}
