import AgentDrivers
import AgentProtocol
import Foundation

// The agent's permission requests and inquiries, and their answers.
extension AgentSession {
    func ask(_ asked: Permission) {
        // The agent asked before it received the request to stop.
        if isCancelling || wasAskedToStop { return perform(driver.answer(asked.id, with: nil, saying: nil)) }
        if let option = permissions.allowance(for: asked, in: configuration.conversation.workingDirectory) {
            return perform(driver.answer(asked.id, with: option, saying: nil))
        }
        var permission = asked.bounded.fitted
        permission.until = now + Int64(configuration.answerTimeout)
        guard questions.count < Self.questionLimit else {
            permission.answer = Permission.Answer(option: permission.refusal, by: .flood)
            emit(.permission(permission))
            return perform(driver.answer(permission.id, with: permission.refusal, saying: nil))
        }
        open(.permission(permission))
        emit(.permission(permission))
    }

    /// Asks a person in every permission mode: a mode can allow an action, but not answer a question.
    func inquire(_ asked: Inquiry) {
        if isCancelling || wasAskedToStop { return perform(driver.reply(asked.id, with: nil)) }
        var inquiry = asked.bounded
        inquiry.until = now + Int64(configuration.answerTimeout)
        guard inquiry.fits else {
            emit(.note(Note("The agent asked something that is too long to be shown, so it got no answer.")))
            return perform(driver.reply(asked.id, with: nil))
        }
        guard questions.count < Self.questionLimit else {
            inquiry.answer = Inquiry.Answer(items: nil, by: .flood)
            emit(.inquiry(inquiry))
            return perform(driver.reply(inquiry.id, with: nil))
        }
        open(.inquiry(inquiry))
        emit(.inquiry(inquiry))
    }

    private func open(_ question: AskedQuestion) {
        let id = question.id
        questions[id] = question
        clocks[id] = Task {
            guard (try? await Task.sleep(for: .milliseconds(configuration.answerTimeout))) != nil else { return }
            if case .permission(let permission)? = questions[id] {
                settle(id, with: permission.refusal, by: .timeLimit)
            } else {
                settle(id, by: .timeLimit)
            }
        }
    }

    /// Closes a question. Has no effect if it is closed already.
    func settle(
        _ id: String, with option: Permission.Option? = nil, saying text: String? = nil, answers: [String: [String]]? = nil,
        by decider: Permission.Answer.Decider
    ) {
        guard let question = questions.removeValue(forKey: id) else { return }
        clocks.removeValue(forKey: id)?.cancel()
        switch question {
        case .permission(var permission):
            permission.answer = Permission.Answer(option: option, by: decider, text: text)
            emit(.permission(permission))
            perform(driver.answer(id, with: option, saying: text))
        case .inquiry(var inquiry):
            inquiry.answer = Inquiry.Answer(items: answers, by: decider)
            emit(.inquiry(inquiry))
            perform(driver.reply(id, with: answers))
        }
    }

    func dropQuestions(where isSo: (AskedQuestion) -> Bool) {
        let ids = questions.values.filter(isSo).map(\.id)
        for id in ids.sorted() { settle(id, by: .turn) }
    }
}
