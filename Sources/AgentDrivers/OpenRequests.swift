/// An agent's open requests, by SAM's ids: an agent can use an id twice.
struct OpenRequests<Request: Sendable & Hashable>: Sendable, Hashable {
    private var open: [String: Request] = [:]
    private var count = 0

    /// All open requests.
    var requests: some Collection<Request> { open.values }

    /// Adds a request.
    ///
    /// - Returns: its id.
    mutating func add(_ request: Request) -> String {
        count += 1
        open["p\(count)"] = request
        return "p\(count)"
    }

    /// Removes a request.
    ///
    /// - Returns: `nil` if it is not open.
    mutating func take(_ id: String) -> Request? { open.removeValue(forKey: id) }

    /// Removes the requests that match.
    ///
    /// - Returns: their ids.
    mutating func remove(where isSo: (Request) -> Bool) -> [String] {
        let ids = open.filter { isSo($0.value) }.keys.sorted()
        for id in ids { open[id] = nil }
        return ids
    }
}
