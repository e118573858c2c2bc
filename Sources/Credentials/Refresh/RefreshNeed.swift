/// Whether a sign-in needs a refresh.
enum RefreshNeed: Sendable, Hashable {
    case none
    /// It should be refreshed soon; the current token still works.
    case due
    /// The current token has expired or is about to.
    case overdue

    init(_ lifetime: TokenLifetime, now: Int64) {
        self = now >= lifetime.endsAt - TokenLifetime.margin ? .overdue : now >= lifetime.dueAt ? .due : .none
    }

    /// 0 to 1, constant for a credential, so that not all are refreshed at once.
    static func spread(_ id: CredentialID) -> Double {
        Double(id.rawValue.utf8.reduce(into: UInt32(7)) { $0 = $0 &* 31 &+ UInt32($1) } % 1_000) / 1_000
    }
}
