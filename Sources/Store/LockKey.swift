/// Names what a write transaction changes, so that transactions with other keys can run concurrently.
///
/// A closure that runs with keys must not make decisions from rows that other keys stand for, unless a single statement both reads and
/// changes them.
public struct LockKey: Sendable, Hashable {
    /// The number that the database locks. 0 is reserved for all writes.
    let number: Int64

    /// Creates a key for one object.
    ///
    /// - Parameters:
    ///   - kind: the kind of object, like `session`.
    ///   - id: the object's id. Two ids with the same hash share a lock, which costs time but is correct.
    public init(_ kind: String, _ id: String) {
        // FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): the same in every process.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(kind):\(id)".utf8 {
            hash ^= UInt64(byte)
            hash &*= 0x100_0000_01b3
        }
        let number = Int64(bitPattern: hash)
        self.number = number == 0 ? 1 : number
    }
}
