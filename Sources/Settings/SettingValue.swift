/// A setting's value.
public enum SettingValue: Sendable, Hashable {
    case integer(Int)
    case flag(Bool)
    case hosts([HostPattern])
    case text(String)

    /// The value as a person writes it.
    public var text: String {
        switch self {
        case .integer(let integer): String(integer)
        case .flag(let flag): flag ? "true" : "false"
        case .text(let text): text
        case .hosts(let hosts): hosts.isEmpty ? "none" : hosts.map(\.description).joined(separator: ", ")
        }
    }

    /// The number, or `nil` for what is none.
    public var integer: Int? {
        guard case .integer(let integer) = self else { return nil }
        return integer
    }
}
