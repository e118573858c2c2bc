import Store

/// What the tables of credentials show at a moment, read by one query, since it is read after each step.
struct TablesSnapshot {
    struct Credential {
        var version: Int
        /// Never opened: it tells whether a secret was written, at any scope.
        var sealed: SQLValue
    }

    struct Binding {
        var isActive: Bool
        var credential: String?
    }

    private(set) var credentials: [String: Credential] = [:]
    private(set) var bindings: [History.Layer: Binding] = [:]
    private var held: [(credential: String, session: History.Session)] = []
    private var pins: [(credential: String, session: History.Session, version: Int, isSettled: Bool)] = []

    init(_ transaction: any Transaction) throws {
        let rows = try transaction.query(
            """
            SELECT 'credential' AS fact, id AS credential, scope AS place, version, sealed AS content FROM credentials
            UNION ALL SELECT 'binding', credential_id, scope, NULL, state FROM bindings
            UNION ALL SELECT 'held', credential_id, session_id, NULL, NULL FROM held
            UNION ALL SELECT 'pin', credential_id, session_id, version, settled_at FROM pins
            """)
        for row in rows {
            switch try row.text("fact") {
            case "credential":
                credentials[try row.text("credential")] = Credential(
                    version: try row.integer("version"), sealed: try row.value("content"))
            case "binding":
                bindings[try row.parsed("place")] = Binding(
                    isActive: try row.text("content") == "active", credential: try row.optionalText("credential"))
            case "held":
                held.append((try row.text("credential"), try row.parsed("place")))
            default:
                guard let credential = try row.optionalText("credential") else { continue }
                let isSettled = try row.value("content") != .null
                pins.append((credential, try row.parsed("place"), try row.integer("version"), isSettled))
            }
        }
    }

    /// The same in the model's words.
    ///
    /// - Parameter names: the model's names of the real credentials; one that it does not know is 0.
    func facts(_ names: [String: Int]) -> CredentialModel.Facts {
        var facts = CredentialModel.Facts()
        for (id, credential) in credentials { facts.versions[names[id] ?? 0] = credential.version }
        for (layer, binding) in bindings {
            facts.bindings[layer] = .init(isActive: binding.isActive, selected: binding.credential.map { names[$0] ?? 0 })
        }
        for hold in held { facts.held.insert(.init(credential: names[hold.credential] ?? 0, session: hold.session)) }
        for pin in pins where credentials[pin.credential] != nil {
            facts.pins[pin.session] = .init(
                credential: names[pin.credential] ?? 0, version: pin.version, isSettled: pin.isSettled)
        }
        return facts
    }
}
