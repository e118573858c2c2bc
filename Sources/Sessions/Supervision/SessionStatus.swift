import AgentProtocol
import Credentials
import Workspaces

/// What sessions do right now, beyond their records: for views and for the supervisor. Safe to share between tasks.
public struct SessionStatus: Sendable {
    let signals: SessionSignals
    let board: StepBoard
    let requests: any OpenModelRequests

    /// The background work that runs for a session, such as fetching its repository or salvaging its work.
    public func step(of session: SessionID) -> WorkspaceProgress? { board[session] }

    /// What a session's agent is doing; `nil` unless it works.
    public func activity(of session: Session) -> AgentActivity? {
        guard session.state.phase == .working else { return nil }
        if let background = session.state.background, background.followUp == nil, background.isRunning, session.state.current == nil,
            !session.state.waitsForAnswer
        {
            return AgentActivity(
                kind: .background, since: min(background.awaited.map(\.since).min() ?? session.updatedAt, signals.now()),
                sentence: background.sentence)
        }
        let now = signals.now()
        let pulse = signals.pulse(of: session.id) ?? Pulse(now: session.updatedAt)
        return Evidence(
            lastEvent: pulse.lastEvent, lastBusy: pulse.lastBusy,
            requestSince: requests.oldestOpenRequest(of: SessionReference(session.id)),
            isAsking: session.state.waitsForAnswer
        ).activity(now: now)
    }
}
