import Accounts
import AgentProtocol
import ControlPlane
import Foundation
import Sessions
import Wording
import Workspaces

extension PermissionMode {
    /// What an agent may do in this mode.
    var sentence: String {
        switch self {
        case .ask: "ask: a person answers what it asks to be allowed"
        case .edits: "edits: it reads, and changes files in its workspace, without asking"
        case .everything: "everything, without asking; only its plans need approval"
        }
    }
}

extension SessionView {
    /// The phase in a few words, with the reason for waiting.
    var status: String {
        if !questions.isEmpty, !phase.isEnd { return "\(phase.rawValue), needs an answer" }
        return switch phase {
        case .queued:
            "queued" + (queuePlace.map { ", number \($0) in line" } ?? "")
                + (waitingFor.map { ", waiting for \($0)" } ?? "")
        case .completed: landedAt == nil ? "completed" : "completed, landed"
        case .failed: "failed"
        case .cancelled: settled ? "cancelled" : "cancelled, ending"
        case .interrupted: settled ? "interrupted" : "interrupted, waiting for \(waitingFor ?? "its runner")"
        case .working: doing.map { "working, \($0)" } ?? "working"
        case .starting: waitingFor.map { "starting, waiting for \($0)" } ?? "starting"
        case .preparing, .booting, .ready, .finishing: phase.rawValue
        }
    }

    /// The activity of a working session, if it is worth telling.
    private var doing: String? {
        if let activity, activity.kind != .active { return activity.sentence }
        return followUp == nil ? nil : "continuing by itself"
    }

    /// The background tasks, a line each.
    var backgroundLines: [PrintedText] {
        (background ?? []).map { task in
            "\(task.title)  (\(task.kind.word), for \(Time.elapsed(max(0, Time.now - task.since)))\(task.awaited ? "" : "; not waited for"))"
        }
    }

    /// The last lines of a session: its result and the next commands.
    ///
    /// - Parameter isReadable: whether a folder of the server can be read here. It can't be on another machine, or by another user.
    func conclusion(isReadable: (String) -> Bool = { access($0, R_OK | X_OK) == 0 }) -> [PrintedText] {
        var lines: [PrintedText] = []
        if sandbox == .none { lines.append(Terminal.styled("This session ran WITHOUT A SANDBOX.", .red, .bold)) }
        if let failure {
            lines.append(Terminal.styled("\(phase == .interrupted ? "Interrupted" : "Failed"): \(failure.message)", .red))
            if let words = failure.lastWords {
                lines.append(Terminal.styled("The agent's last words:", .dim))
                lines += words.unicodeScalars.split(separator: "\n").suffix(8).map { "  \(Terminal.mark)\(String($0))" }
            }
        }
        if let salvageFailure {
            lines.append("Its work could not be taken out of the workspace, which is kept: \(salvageFailure)")
            lines += keptWorkspace
        }
        if let result {
            lines += found(result)
            if let branch = result.branch {
                lines.append(
                    "\(Terminal.styled("Branch", .bold)) \(Terminal.styled("\(branch)", .green)): \(result.files.of("file")), +\(result.insertions) −\(result.deletions), \(result.commits.of("commit"))"
                )
                if let landedAt { lines.append("Landed \(Time.ago(landedAt)) in the repository it came from, under that name.") }
                lines.append("")
                lines.append("To look further:")
                lines.append("  sam sessions diff \(id.rawValue)        what it changed")
                lines.append("  sam sessions watch \(id.rawValue)       all of it again")
                if landedAt == nil {
                    lines.append("  sam sessions land \(id.rawValue)        push the branch to the repository it came from")
                }
                lines.append("  \(resumption)  continue it, from its branch")
                if isReadable(result.mirror) {
                    lines.append("  git fetch '\(result.mirror)' \(branch)   fetch it into your clone")
                } else {
                    lines.append("  git fetch origin \(branch)   fetch it into your clone\(landedAt == nil ? ", once it has landed" : "")")
                    lines.append("  sam sessions diff \(id.rawValue) | git apply   apply its changes in your clone without landing")
                }
            } else {
                lines.append(result.isEmpty ? "It changed nothing, so there is no branch." : "There is nothing on its own branch.")
                lines.append("Continue it: \(resumption)")
            }
        }
        return lines
    }

    /// The most other findings that are listed.
    private static let shown = 20

    /// The work outside the branch, files that were left behind, and work that could not be salvaged.
    private func found(_ result: ResultView) -> [PrintedText] {
        var lines: [PrintedText] = result.notes.map { Terminal.styled("! \($0)", .yellow) }
        for other in result.others.prefix(Self.shown) {
            let place = other.branch ?? "\(other.ref) in \(other.repository)"
            lines.append("Also new, \(other.kind.rawValue) \(other.name): \(place)")
        }
        if result.others.count > Self.shown {
            lines.append("… and \(result.others.count - Self.shown) more: sam sessions show \(id.rawValue) --json")
        }
        for files in result.ignored {
            let folder = files.folder.isEmpty ? "the top folder" : files.folder
            lines.append(
                "\(files.areLeftBehind ? "The agent's own" : "Ignored"), left behind: \(files.files.of("file")) in \(folder)"
            )
        }
        lines += result.remaining.map { Terminal.styled("Not brought out: \($0)", .red) }
        return result.remaining.isEmpty ? lines : lines + keptWorkspace
    }

    /// The kept workspace and the command to try again.
    private var keptWorkspace: [PrintedText] {
        (workspace.map { ["The workspace is kept: \($0)"] } ?? []) + ["Try again with: sam sessions salvage \(id.rawValue)"]
    }

    /// The command that continues it.
    private var resumption: PrintedText { "sam sessions resume \(id.rawValue) \"…\"" }
}
