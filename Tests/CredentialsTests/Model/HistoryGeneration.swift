import Fuzzing

extension History {
    /// A random history that the seed alone decides, so that a failure can be seen again.
    ///
    /// Three things are left less to chance than others. A step that leads nowhere is mostly drawn again, or nearly all
    /// syncs would come from sessions that never started. Every other history begins with a session that has something to
    /// send. And one in four is undisturbed: nobody takes anything away and each layer is set once at most, for only of
    /// such histories can be said that no token may be lost.
    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let isUndisturbed = Int.random(in: 0..<4, using: &generator) == 0
        let length = Int.random(in: 5...25, using: &generator)
        var steps: [Step] = []
        var model = CredentialModel()
        if Bool.random(using: &generator) {
            let layer: Layer = Bool.random(using: &generator) ? .project : .user
            steps = [.set(layer, by: .owner), .start(.first), .rotate(.first)]
            for step in steps { _ = model.take(step) }
        }
        while steps.count < length {
            guard let step = Self.everything.randomElement(using: &generator) else { break }
            if isUndisturbed, !History(steps: steps + [step]).canBeUndisturbed { continue }
            var next = model
            guard next.leadsOn(step) || Int.random(in: 0..<16, using: &generator) == 0 else { continue }
            model = next
            steps.append(step)
        }
        self.init(steps: steps)
    }

    private var canBeUndisturbed: Bool {
        isUndisturbed && Layer.allCases.allSatisfy { writes(at: $0) <= 1 }
    }

    /// Every step, some more than once: what is repeated is drawn more often.
    private static let everything: [Step] = {
        var steps: [Step] = [.set(.project, by: .owner), .set(.project, by: .member), .set(.user, by: .owner)]
        steps += [.set(.platform, by: .owner), .off(.platform), .on(.platform), .remove(.platform), .clear(.platform)]
        for layer in [Layer.project, .user] {
            steps += [.off(layer), .on(layer), .on(layer), .remove(layer), .clear(layer), .recover(layer), .recover(layer)]
        }
        for session in Session.allCases {
            steps += [.start(session), .start(session), .start(session), .settle(session)]
            steps += [.rotate(session), .rotate(session), .rotate(session), .sync(session), .sync(session), .sync(session)]
            steps += [.syncGarbage(session), .syncForeign(session)]
        }
        return steps
    }()
}

extension CredentialModel {
    /// Takes the step and tells whether anything came of it, be it only a refusal that something is at stake in.
    fileprivate mutating func leadsOn(_ step: History.Step) -> Bool {
        if case .rotate(let session) = step {
            _ = take(step)
            return pins[session] != nil
        }
        return switch take(step) {
        case .notAsked, .declined, .refused: false
        case .synced(.notFound): step.session.flatMap { pins[$0] } != nil
        case .done, .started, .busy, .synced: true
        }
    }
}

extension History.Step {
    fileprivate var session: History.Session? {
        switch self {
        case .start(let session), .rotate(let session), .settle(let session): session
        case .sync(let session), .syncGarbage(let session), .syncForeign(let session): session
        case .set, .off, .on, .remove, .clear, .recover: nil
        }
    }
}
