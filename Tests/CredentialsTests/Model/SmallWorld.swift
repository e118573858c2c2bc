/// Every history up to a depth over a few steps, after an opening that brings about a situation worth exploring.
///
/// The opening buys depth: four steps after it see what would take seven or nine from nothing.
struct SmallWorld: Sendable, CustomStringConvertible {
    let description: String
    let opening: [History.Step]
    let alphabet: [History.Step]
    let depth: Int

    var count: Int {
        (0...depth).reduce(0) { sum, length in sum + (0..<length).reduce(1) { size, _ in size * alphabet.count } }
    }
}

extension SmallWorld {
    /// One session that runs on the owner's key while people change that key's layer and the narrower one.
    static let oneSession = SmallWorld(
        description: "one session",
        opening: [.set(.user, by: .owner), .start(.first), .rotate(.first)],
        alphabet: [
            .set(.user, by: .owner), .set(.project, by: .owner), .off(.user), .off(.project), .on(.user), .remove(.user),
            .clear(.user), .rotate(.first), .sync(.first), .recover(.user),
        ],
        depth: 4)

    /// Two sessions that both hold the project's key: the first ended without having sent its rotation.
    static let twoSessions = SmallWorld(
        description: "two sessions",
        opening: [.set(.project, by: .owner), .start(.first), .rotate(.first), .settle(.first), .start(.second)],
        alphabet: [
            .rotate(.first), .sync(.first), .rotate(.second), .sync(.second), .set(.project, by: .owner), .off(.project),
            .on(.project), .recover(.project),
        ],
        depth: 4)

    /// What a person can do at one layer, and no session.
    static let oneLayer = SmallWorld(
        description: "one layer", opening: [],
        alphabet: [.set(.user, by: .owner), .off(.user), .on(.user), .remove(.user), .clear(.user)],
        depth: 5)
}
