extension CredentialModel {
    /// What a session has to send. One that never started has a file from nowhere.
    func file(of session: Session) -> Token {
        files[session] ?? Token(issuedFor: 0, serial: 0)
    }

    /// A session starts once; one that was refused or had to wait may try again.
    mutating func start(_ session: Session) -> Answer {
        guard pins[session] == nil else { return .notAsked }
        switch resolve(for: session.person) {
        case .absent: return .refused(code: "absent")
        case .blocked: return .refused(code: "blocked")
        case .failed: return .refused(code: "failed")
        case .found(let id, let version, let layer):
            // A sign-in that everybody shares, or that is someone else's, is never handed out as a file.
            guard let credential = credentials[id], layer != .platform, credential.setBy == session.person else {
                return .refused(code: "notAllowed")
            }
            guard !pins.values.contains(where: { $0.credential == id && !$0.isSettled }) else { return .busy }
            pins[session] = Pin(credential: id, version: version)
            files[session] = credential.secret
            return .started(credential: id, version: version, at: layer)
        }
    }

    /// The agent gets a new token for its old one, which is spent by that. SAM does not know yet.
    mutating func rotate(_ session: Session) -> Answer {
        guard let old = files[session] else { return .notAsked }
        tokensIssued += 1
        spent.insert(old)
        files[session] = Token(issuedFor: old.issuedFor, serial: tokensIssued)
        return .notAsked
    }

    mutating func settle(_ session: Session) -> Answer {
        guard pins[session] != nil else { return .notAsked }
        pins[session]?.isSettled = true
        return .done
    }

    /// The table of the contract, from top to bottom; the first row that matches answers.
    ///
    /// - Parameter sent: `nil` for what is no valid secret of this credential's account.
    mutating func sync(_ session: Session, _ sent: Token?) -> Verdict {
        guard let pin = pins[session] else { return .notFound }
        guard let credential = credential(syncedBy: session, pin), bindings[credential.layer] != nil else { return .notFound }
        let hold = Hold(credential: credential.id, session: session)
        guard !hasTombstone(upTo: credential.layer) else {
            if let sent, sent != credential.secret { held[hold] = sent }
            return .notFound
        }
        guard let sent else { return .invalid }
        guard sent != credential.secret else { return .unchanged }
        guard credential.version == pin.version else {
            held[hold] = sent
            return .stale
        }
        write(sent, to: credential.id)
        pins[session]?.version += 1
        held[hold] = nil
        return .updated(at: credential.layer, version: credential.version + 1)
    }

    /// The pinned credential, if it is still there; or, for a mutant, what a new session would get.
    private func credential(syncedBy session: Session, _ pin: Pin) -> Stored? {
        if mutation == .syncResolvesAnew, case .found(let id, version: _, at: _) = resolve(for: session.person) {
            return credentials[id]
        }
        return credentials[pin.credential]
    }

    private func hasTombstone(upTo layer: Layer) -> Bool {
        for each in Layer.allCases {
            if bindings[each]?.isActive == false { return true }
            if each == layer { return false }
        }
        return false
    }
}
