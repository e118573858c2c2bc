/// The master keys: the current one seals, and older ones can still open.
public struct Keyring: Sendable {
    /// The key for new seals.
    public private(set) var current: MasterKey
    private var keys: [MasterKeyID: MasterKey]
    /// Whether seals without a version may still be renewed. Stored with the keys, where someone with write access to the database can't
    /// change it.
    private(set) var takesOldForm: Bool

    /// Creates a ring.
    ///
    /// - Parameter takesOldForm: whether these keys may have made seals without a version.
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

    /// Adds a key and makes it the current one.
    mutating func advance(to key: MasterKey) {
        keys[key.id] = key
        current = key
    }

    /// Refuses seals without a version from now on.
    mutating func endOldForm() { takesOldForm = false }

    /// Removes an older key.
    mutating func forget(_ id: MasterKeyID) {
        guard id != current.id else { return }
        keys[id] = nil
    }
}
