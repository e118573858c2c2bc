import Store
import Vault

extension Sealed {
    /// Reads a seal from its columns `sealed` and `key_id`.
    init(_ row: Row) throws {
        guard case .blob(let bytes) = try row.value("sealed") else {
            throw StoreError(.unexpectedValue, "column sealed does not hold bytes")
        }
        self.init(bytes: bytes, key: MasterKeyID(rawValue: try row.text("key_id")))
    }
}

extension MasterKeyID: SQLBindable {}
