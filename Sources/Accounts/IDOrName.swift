/// The choice of one thing by what a person typed: its id, or a name that only one of them has. Pure.
public enum IDOrName<Item> {
    /// The one that is meant.
    case one(Item)
    /// None has this id or name.
    case none
    /// Several have this name, so an id is needed.
    case several([Item])

    /// Chooses among things. An id wins over a name, so that a thing that is named like another's id can't stand in for it.
    public init(_ text: String, among all: [Item], id: (Item) -> String, name: (Item) -> String) {
        if let item = all.first(where: { id($0) == text }) {
            self = .one(item)
            return
        }
        let named = all.filter { name($0) == text }
        self = named.count > 1 ? .several(named) : named.first.map { .one($0) } ?? .none
    }

    /// The sentence that refuses a name that several have.
    ///
    /// - Parameters:
    ///   - kind: the plural of the things, such as “keys”.
    ///   - ids: the ids, oldest first.
    ///   - command: the command that takes an id.
    public static func ambiguity(_ name: String, of kind: String, _ ids: [String], _ command: String) -> String {
        let shown = ids.prefix(5).joined(separator: ", ") + (ids.count > 5 ? " and \(ids.count - 5) more" : "")
        return "\(ids.count) of your \(kind) are named “\(name.prefix(80))”: \(shown). Name one by its id: \(command) \(ids.first ?? "ID")"
    }
}
