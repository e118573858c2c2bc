/// What an agent has asked and not been answered yet, by ids of SAM's own: an agent can use one id twice.
struct OpenRequests<Request: Sendable & Hashable>: Sendable, Hashable {
    private var open: [String: Request] = [:]
    private var count = 0

    /// All of them.
    var requests: some Collection<Request> { open.values }

    /// Takes a request in.
    ///
    /// - Returns: its id.
    mutating func add(_ request: Request) -> String {
        count += 1
        open["p\(count)"] = request
        return "p\(count)"
    }

    /// Takes a request out.
    ///
    /// - Returns: `nil` for one that is not open.
    mutating func take(_ id: String) -> Request? { open.removeValue(forKey: id) }

    /// Takes out the requests that are so, and names them.
    mutating func remove(where isSo: (Request) -> Bool) -> [String] {
        let ids = open.filter { isSo($0.value) }.keys.sorted()
        for id in ids { open[id] = nil }
        return ids
    }
}
