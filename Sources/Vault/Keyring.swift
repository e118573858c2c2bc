/// The master keys: one that seals, and older ones that can still open.
public struct Keyring: Sendable {
    /// The key that new seals are made with.
    public private(set) var current: MasterKey
    private var keys: [MasterKeyID: MasterKey]
    /// Whether seals without a version may still be made into seals with one. It stands with the keys, where a hand that writes to the
    /// database does not reach.
    private(set) var takesOldForm: Bool

    /// A ring with one key, or with older ones beside it.
    ///
    /// - Parameter takesOldForm: whether these keys may have sealed without a version.
    public init(current: MasterKey, older: [MasterKey] = [], takesOldForm: Bool = false) {
        self.current = current
        self.takesOldForm = takesOldForm
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

    /// From now on seals without a version are refused.
    mutating func endOldForm() { takesOldForm = false }

    /// Forgets an older key.
    mutating func forget(_ id: MasterKeyID) {
        guard id != current.id else { return }
        keys[id] = nil
    }
}
