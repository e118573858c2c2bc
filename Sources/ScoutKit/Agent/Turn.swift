import AgentProtocol
import Foundation
import Synchronization
import Wording

/// One turn: reports an exploration as a plan, tool calls and pieces of a message.
final class Turn: Sendable {
    private let session: String
    private let root: String
    private let send: @Sendable (Data) -> Void
    private let done = Mutex<[Exploration.Step: String]>([:])

    init(session: String, root: String, send: @escaping @Sendable (Data) -> Void) {
        self.session = session
        self.root = root
        self.send = send
    }

    /// Explores and returns the stop reason.
    func run(request: String?, isCancelled: @escaping @Sendable () -> Bool) async -> Result<String, RPCError> {
        update(plan())
        let exploration = Exploration(root: root, request: request, isCancelled: isCancelled) { [self] in tell($0) }
        do {
            guard try await exploration.run() != nil else { return .success("cancelled") }
            say("\n\nThe whole brief is in `.sam/brief.md`.\n")
            return .success("end_turn")
        } catch {
            return .failure(.internalError("The exploration failed: \(reason(of: error))"))
        }
    }

    private func tell(_ report: Exploration.Report) {
        switch report {
        case .began(let step):
            mark(step, "in_progress")
            var call = ACP.Update(ACP.Update.toolCall)
            call.toolCallId = id(step)
            call.title = step.rawValue
            call.kind = kind(step)
            call.status = "in_progress"
            update(call)
        case .progressed(let step, let text):
            var call = ACP.Update(ACP.Update.toolCallUpdate)
            call.toolCallId = id(step)
            call.title = "\(step.rawValue): \(text)"
            update(call)
        case .ended(let step, let summary, let places):
            mark(step, "completed")
            var call = ACP.Update(ACP.Update.toolCallUpdate)
            call.toolCallId = id(step)
            call.title = "\(step.rawValue): \(summary)"
            call.status = "completed"
            call.locations = places.map { ACP.Location(path: "\(root)/\($0.path)", line: $0.line) }
            update(call)
        case .failed(let step, let why):
            mark(step, "completed")
            var call = ACP.Update(ACP.Update.toolCallUpdate)
            call.toolCallId = id(step)
            call.title = "\(step.rawValue): \(why)"
            call.status = "failed"
            update(call)
        case .found(let markdown):
            say(markdown + "\n\n")
        }
    }

    private func mark(_ step: Exploration.Step, _ status: String) {
        done.withLock { $0[step] = status }
        update(plan())
    }

    private func plan() -> ACP.Update {
        let statuses = done.withLock { $0 }
        return .plan(
            Exploration.Step.allCases.map { ACP.PlanEntry(content: $0.rawValue, status: statuses[$0] ?? "pending") })
    }

    private func say(_ text: String) {
        update(.message(text, id: "brief"))
    }

    private func update(_ update: ACP.Update) {
        guard let notification = try? ACP.UpdateNotification(sessionId: session, update: update),
            let params = try? JSONValue(encoding: notification)
        else { return }
        send(RPCMessage.notification(method: ACP.Method.update, params: params).line)
    }

    private func id(_ step: Exploration.Step) -> String { "step-\(Exploration.Step.allCases.firstIndex(of: step) ?? 0)" }

    private func kind(_ step: Exploration.Step) -> String {
        switch step {
        case .files, .builds: "search"
        case .survey, .history: "read"
        case .tasks: "think"
        case .brief: "edit"
        }
    }
}
