extension CredentialModel {
    /// The token that the next secret set at this layer will carry, and so whom it is issued for.
    func tokenOfNextSecret(at layer: Layer) -> Token {
        Token(issuedFor: bindings[layer]?.selected ?? credentialsMade + 1, serial: tokensIssued + 1)
    }

    /// A tombstone stays one: only what it has selected changes.
    mutating func set(_ layer: Layer, by person: Person) -> Answer {
        let token = tokenOfNextSecret(at: layer)
        tokensIssued += 1
        guard credentials[token.issuedFor] == nil else {
            write(token, to: token.issuedFor)
            credentials[token.issuedFor]?.setBy = person
            return .done
        }
        credentialsMade += 1
        credentials[token.issuedFor] = Stored(id: token.issuedFor, layer: layer, setBy: person, secret: token)
        bindings[layer, default: Binding(isActive: true)].selected = token.issuedFor
        return .done
    }

    /// Needs no credential to stand on, and keeps what was selected.
    mutating func off(_ layer: Layer) -> Answer {
        bindings[layer, default: Binding(isActive: false)].isActive = false
        return .done
    }

    /// Which of several stored credentials is the newest can't be told by a clock that stands still, so then nobody asks.
    mutating func on(_ layer: Layer) -> Answer {
        let stored = stored(at: layer)
        if bindings[layer]?.selected == nil {
            guard stored.count <= 1 else { return .notAsked }
            guard let only = stored.first else { return .declined }
            bindings[layer] = Binding(isActive: true, selected: only)
        }
        bindings[layer]?.isActive = true
        return .done
    }

    mutating func remove(_ layer: Layer) -> Answer {
        let stored = stored(at: layer)
        guard !stored.isEmpty else { return .declined }
        credentials = credentials.filter { !stored.contains($0.key) }
        held = held.filter { !stored.contains($0.key.credential) }
        if bindings[layer]?.isActive == true {
            bindings[layer] = nil
        } else {
            bindings[layer]?.selected = nil
        }
        return .done
    }

    mutating func clear(_ layer: Layer) -> Answer {
        bindings.removeValue(forKey: layer) == nil ? .declined : .done
    }

    /// As with ``on(_:)``, of several held rotations none is the newest here.
    mutating func recover(_ layer: Layer) -> Answer {
        let stored = stored(at: layer)
        let candidates = held.filter { stored.contains($0.key.credential) }
        guard candidates.count <= 1 else { return .notAsked }
        guard let (hold, token) = candidates.first else { return .declined }
        write(token, to: hold.credential)
        credentials[hold.credential]?.setBy = hold.session.person
        held[hold] = nil
        return .done
    }

    mutating func write(_ token: Token, to credential: Int) {
        credentials[credential]?.secret = token
        credentials[credential]?.version += 1
    }

    private func stored(at layer: Layer) -> Set<Int> {
        Set(credentials.values.filter { $0.layer == layer }.map(\.id))
    }
}
