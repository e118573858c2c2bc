import Accounts
import Credentials
import Vault

/// How the steps of a history are put to the real credentials, and their answers into the model's words.
extension HistoryRun {
    /// - Parameter model: as it was before the step.
    mutating func ask(_ step: History.Step, _ model: CredentialModel) throws -> CredentialModel.Answer {
        switch step {
        case .set(let layer, let person):
            let secret = authFile(model.tokenOfNextSecret(at: layer).text)
            return try perform(.set(NewSecret(Secret(secret))), at: layer, by: person)
        case .off(let layer): return try perform(.off, at: layer)
        case .on(let layer): return try perform(.on, at: layer)
        case .remove(let layer): return try perform(.remove, at: layer)
        case .clear(let layer): return try perform(.clear, at: layer)
        case .recover(let layer):
            let change = change(at: layer, by: .owner)
            return try declinable { _ = try sam.credentials.held.recover(nil, change, in: transaction) }
        case .start(let session): return try start(session)
        case .rotate: return .notAsked
        case .sync(let session): return try sync(session, authFile(model.file(of: session).text))
        case .syncGarbage(let session): return try sync(session, String(authFile("truncated").prefix(90)))
        case .syncForeign(let session): return try sync(session, authFile("foreign", account: "acct_2"))
        case .settle(let session):
            try sam.credentials.pins.settle(reference(session), in: transaction)
            return .done
        }
    }

    func perform(
        _ act: CredentialAct, at layer: History.Layer, by person: History.Person = .owner
    ) throws -> CredentialModel.Answer {
        let change = change(at: layer, by: person)
        return try declinable { _ = try sam.credentials.layers.perform(act, change, in: transaction) }
    }

    /// An act that doesn't apply throws an error of its own kind; any other error is a defect.
    private func declinable(_ act: () throws -> Void) throws -> CredentialModel.Answer {
        do {
            try act()
            return .done
        } catch is CredentialsError {
            return .declined
        }
    }

    private mutating func start(_ session: History.Session) throws -> CredentialModel.Answer {
        switch try pin(reference(session), for: session.person) {
        case .refused(code: let code, sentence: _): return .refused(code: code)
        case .busy: return .busy
        case .pinned(let pin):
            pins[session] = pin
            return .started(credential: names[pin.credential.rawValue] ?? 0, version: pin.version, at: History.Layer(pin.scope))
        }
    }

    func pin(_ session: SessionReference, for person: History.Person) throws -> PinOutcome {
        let request = PinRequest(
            session: session, provider: .openaiChatGPT, project: sam.project, user: user(person).id, mode: .materialised)
        return try sam.credentials.pins.pin(request, in: transaction)
    }

    private func sync(_ session: History.Session, _ file: String) throws -> CredentialModel.Answer {
        let answer = try sam.credentials.sync.sync(
            SyncRequest(agentType: "codex", kind: .oauth, secret: Secret(file)),
            from: SessionIdentity(session: reference(session), agent: "codex", project: sam.project, user: user(session.person).id),
            in: transaction)
        return .synced(verdict(answer))
    }

    private func verdict(_ answer: SyncAnswer) -> CredentialModel.Verdict {
        switch (answer.success, answer.updated ?? false, answer.reason) {
        case (false, false, "credential_not_found"): return .notFound
        case (false, false, "invalid"): return .invalid
        case (false, false, "stale"): return .stale
        case (true, false, nil): return .unchanged
        case (true, true, nil):
            guard let scope = answer.scope, let version = answer.version else { return .unheardOf("\(answer)") }
            return .updated(at: History.Layer(scope), version: version)
        default: return .unheardOf("\(answer)")
        }
    }

    func change(at layer: History.Layer, by person: History.Person) -> CredentialChange {
        let owner: ScopeOwner =
            switch layer {
            case .project: .project(sam.project)
            case .user: .user(sam.owner.id)
            case .platform: .platform
            }
        return CredentialChange(.openaiChatGPT, at: owner, by: user(person))
    }

    func user(_ person: History.Person) -> User {
        person == .owner ? sam.owner : sam.member
    }

    private func reference(_ session: History.Session) -> SessionReference {
        SessionReference(rawValue: session.rawValue)
    }
}

extension History.Layer {
    init(_ scope: Scope) {
        self =
            switch scope {
            case .project: .project
            case .user: .user
            case .platform: .platform
            }
    }
}
