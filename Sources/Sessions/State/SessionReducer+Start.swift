import Credentials
import Workspaces

// From the queue to the launch of a runner.
extension SessionReducer {
    mutating func slotFreed(_ pins: [Pin]) {
        guard state.phase == .queued else { return }
        for pin in pins { log.append(.credential(pin)) }
        enter(.preparing, wait: timing.preparing, for: "the repository and the workspace")
        effects.append(.prepare)
    }

    mutating func heldBack(_ reason: String) {
        guard state.phase == .queued, state.heldBackBy != reason else { return }
        state.heldBackBy = reason
        log.append(.note("Waits for \(reason)."))
    }

    mutating func prepared(_ workspace: PreparedWorkspace) {
        guard state.phase == .preparing else { return }
        state.workspace = workspace
        log.append(.workspace(workspace))
        launch()
    }

    mutating func launch() {
        state.attempt += 1
        state.runnerHasSpoken = false
        enter(.booting, wait: timing.booting, for: "the runner's first word")
        effects.append(.launch(attempt: state.attempt))
    }

    mutating func startFailed(_ code: String, _ message: String) {
        guard state.phase == .queued || state.phase == .preparing || state.phase == .booting else { return }
        fail(SessionState.Failure(code: code, message: message))
        settleWithoutWork()
    }
}
