import Synchronization

/// What a provider has to complain about, from whatever connection.
final class Complaints: Sendable {
    private let all = Mutex<[String]>([])

    var first: String? { all.withLock { $0.first } }

    func note(_ complaint: String?) {
        if let complaint { all.withLock { $0.append(complaint) } }
    }
}
