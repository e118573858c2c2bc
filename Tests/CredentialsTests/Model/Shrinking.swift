extension History {
    /// The shortest history that can be reached from a failing one by leaving steps out, and still fails.
    ///
    /// Large chunks go first, since most of a random history has nothing to do with its failure; then single steps, over
    /// and over, until each one that is left is needed.
    ///
    /// - Parameter fails: whether a history fails, in whatever way.
    func shrunk(while fails: (History) async throws -> Bool) async rethrows -> History {
        var shortest = steps
        var size = max(1, steps.count / 2)
        while true {
            let before = shortest.count
            var start = 0
            while start < shortest.count {
                var candidate = shortest
                candidate.removeSubrange(start..<min(start + size, shortest.count))
                if try await fails(History(steps: candidate)) {
                    shortest = candidate
                } else {
                    start += size
                }
            }
            if size > 1 {
                size /= 2
            } else if shortest.count == before {
                return History(steps: shortest)
            }
        }
    }
}
