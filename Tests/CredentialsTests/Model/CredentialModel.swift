/// What the contract of credentials says must be so after each step: plain values, no database, no vault.
///
/// It was written from the contract alone and shares nothing with the code that it judges. Where the contract leaves an
/// answer open, the model asks for none (``Answer/notAsked``) rather than guess.
struct CredentialModel: Sendable {
    typealias Layer = History.Layer
    typealias Person = History.Person
    typealias Session = History.Session

    /// What an agent signs in with. It carries whom it was issued for, so that a token in the wrong place shows.
    struct Token: Sendable, Hashable {
        var issuedFor: Int
        var serial: Int

        var text: String { "c\(issuedFor).t\(serial)" }
    }

    struct Stored: Sendable, Hashable {
        let id: Int
        let layer: Layer
        var setBy: Person
        var secret: Token
        var version = 1
    }

    struct Binding: Sendable, Hashable, CustomStringConvertible {
        var isActive: Bool
        var selected: Int?

        var description: String { "\(isActive ? "active" : "off"), selects \(selected.map { "credential \($0)" } ?? "nothing")" }
    }

    struct Pin: Sendable, Hashable, CustomStringConvertible {
        let credential: Int
        var version: Int
        var isSettled = false

        var description: String { "credential \(credential), version \(version), \(isSettled ? "settled" : "unsettled")" }
    }

    /// At most one rotation is held for a credential and session.
    struct Hold: Sendable, Hashable, CustomStringConvertible {
        let credential: Int
        let session: Session

        var description: String { "a rotation of credential \(credential) by \(session)" }
    }

    /// A wrong belief, to see whether the test would notice if the code and the contract disagreed.
    enum Mutation: Sendable, Hashable {
        /// That a sync writes to whatever resolves now, instead of to what the session started from.
        case syncResolvesAnew
    }

    var mutation: Mutation?
    var credentials: [Int: Stored] = [:]
    var bindings: [Layer: Binding] = [:]
    var pins: [Session: Pin] = [:]
    var held: [Hold: Token] = [:]
    /// What each agent has in its file.
    var files: [Session: Token] = [:]
    /// The tokens from which an agent has rotated: the provider takes them no more.
    var spent: Set<Token> = []
    var credentialsMade = 0
    var tokensIssued = 0

    init(mutation: Mutation? = nil) {
        self.mutation = mutation
    }

    mutating func take(_ step: History.Step) -> Answer {
        switch step {
        case .set(let layer, let person): set(layer, by: person)
        case .off(let layer): off(layer)
        case .on(let layer): on(layer)
        case .remove(let layer): remove(layer)
        case .clear(let layer): clear(layer)
        case .recover(let layer): recover(layer)
        case .start(let session): start(session)
        case .rotate(let session): rotate(session)
        case .sync(let session): .synced(sync(session, file(of: session)))
        case .syncGarbage(let session), .syncForeign(let session): .synced(sync(session, nil))
        case .settle(let session): settle(session)
        }
    }

    /// The first layer that says anything decides.
    func resolve(for person: Person) -> Outcome {
        for layer in Layer.allCases where !(layer == .user && person == .member) {
            guard let binding = bindings[layer] else { continue }
            guard binding.isActive else { return .blocked }
            guard let credential = binding.selected.flatMap({ credentials[$0] }) else { return .failed }
            return .found(credential.id, version: credential.version, at: layer)
        }
        return .absent
    }
}

extension CredentialModel {
    enum Answer: Sendable, Hashable {
        /// The contract says nothing about this step here, or it is none of SAM's business.
        case notAsked
        case done
        /// The act does not apply: it throws and changes nothing.
        case declined
        case started(credential: Int, version: Int, at: Layer)
        case refused(code: String)
        case busy
        case synced(Verdict)
    }

    enum Verdict: Sendable, Hashable {
        case notFound, invalid, unchanged, stale
        case updated(at: Layer, version: Int)
        /// No answer of the contract's, in the words of whoever gave it.
        case unheardOf(String)
    }

    enum Outcome: Sendable, Hashable {
        case found(Int, version: Int, at: Layer)
        /// The model never says so: no step of a history breaks a credential.
        case failed
        case blocked, absent
    }

    /// What the database's tables must show, as far as the contract speaks of it.
    struct Facts: Sendable, Hashable {
        var versions: [Int: Int] = [:]
        var bindings: [Layer: Binding] = [:]
        var held: Set<Hold> = []
        /// Only those of credentials that are there: nothing is said about a pin that has lost its credential.
        var pins: [Session: Pin] = [:]

        /// Where the real tables differ from these, in words; `nil` when they don't.
        func difference(from real: Facts) -> String? {
            if versions != real.versions { return "the credentials' versions must be \(versions), and are \(real.versions)." }
            if bindings != real.bindings { return "the bindings must be \(bindings), and are \(real.bindings)." }
            if held != real.held { return "held must be \(held), and are \(real.held)." }
            if pins != real.pins { return "the pins must be \(pins), and are \(real.pins)." }
            return nil
        }
    }

    var facts: Facts {
        Facts(
            versions: credentials.mapValues(\.version), bindings: bindings, held: Set(held.keys),
            pins: pins.filter { credentials[$0.value.credential] != nil })
    }
}
