import Metering
import NIOHTTP1

extension Refusal {
    /// Refuses a request of unknown maximum cost under a budget; `nil` when the cost is bounded or unmetered requests are allowed.
    init?(unboundedBy grant: Grant, _ format: WireFormat, _ method: HTTPMethod, _ route: ProviderRoute) {
        guard grant.isBudgeted, !format.isBounded, !grant.allowsUnmetered else { return nil }
        let path = route.target.path.prefix(100)
        let what =
            switch format {
            case .unknown: "SAM does not know what \(method.rawValue) \(path) costs"
            case .later: "What \(method.rawValue) \(path) begins is billed later"
            default: "What \(method.rawValue) \(path) costs can't be told before it is done"
            }
        let setting = grant.payer.project.map { _ in "estimate --project PROJECT" } ?? "estimate --scope user"
        self.init(
            .forbidden,
            """
            \(what), and a budget applies. Leave it out, or have it estimated: sam settings set gateway.unmeteredPaths \(setting)
            """)
    }
}
