/// The master keys: one that seals, and older ones that can still open.
public struct Keyring: Sendable {
    /// The key that new seals are made with.
    public private(set) var current: MasterKey
    private var keys: [MasterKeyID: MasterKey]

    /// A ring with one key, or with older ones beside it.
    public init(current: MasterKey, older: [MasterKey] = []) {
        self.current = current
        keys = Dictionary((older + [current]).map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    }

    /// The ids of all keys, sorted.
    public var ids: [MasterKeyID] { keys.keys.sorted { $0.rawValue < $1.rawValue } }

    /// The older keys, sorted by id.
    var older: [MasterKey] { ids.filter { $0 != current.id }.compactMap { keys[$0] } }

    subscript(id: MasterKeyID) -> MasterKey? { keys[id] }

    /// Adds a key and seals with it from now on.
    mutating func advance(to key: MasterKey) {
        keys[key.id] = key
        current = key
    }

    /// Forgets an older key.
    mutating func forget(_ id: MasterKeyID) {
        guard id != current.id else { return }
        keys[id] = nil
    }
}
