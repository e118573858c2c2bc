import Accounts
import AgentProtocol
import ControlPlane
import Sessions
import Wording
import Workspaces

extension SessionView {
    /// The phase in a word or two, with what a person would ask next.
    var status: String {
        if !questions.isEmpty { return "\(phase.rawValue), needs an answer" }
        return switch phase {
        case .queued:
            "queued" + (queuePlace.map { ", number \($0) in line" } ?? "")
                + (waitingFor.map { ", waiting for \($0)" } ?? "")
        case .completed: "completed"
        case .failed: "failed"
        case .cancelled: settled ? "cancelled" : "cancelled, ending"
        case .interrupted: settled ? "interrupted" : "interrupted, waiting for \(waitingFor ?? "its runner")"
        case .working: doing.map { "working, \($0)" } ?? "working"
        case .starting: waitingFor.map { "starting, waiting for \($0)" } ?? "starting"
        case .preparing, .booting, .ready, .finishing: phase.rawValue
        }
    }

    /// What a session that works does, where there is more to say.
    private var doing: String? {
        if let activity, activity.kind != .active { return activity.sentence }
        return followUp == nil ? nil : "going on by itself"
    }

    /// What runs beside the agent's turns, a line each.
    var backgroundLines: [PrintedText] {
        (background ?? []).map { task in
            "\(task.title)  (\(task.kind.word), for \(Time.elapsed(max(0, Time.now - task.since)))\(task.awaited ? "" : "; not waited for"))"
        }
    }

    /// The last lines of a session: what it left and how to look further.
    func conclusion() -> [PrintedText] {
        var lines: [PrintedText] = []
        if sandbox == .none { lines.append(Terminal.styled("This session ran WITHOUT A SANDBOX.", .red, .bold)) }
        if let failure {
            lines.append(Terminal.styled("Failed: \(failure.message)", .red))
            if let words = failure.lastWords {
                lines.append(Terminal.styled("The agent's last words:", .dim))
                lines += words.unicodeScalars.split(separator: "\n").suffix(8).map { "  \(String($0))" }
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
                lines.append("")
                lines.append("To look further:")
                lines.append("  sam sessions diff \(id.rawValue)        what it changed")
                lines.append("  sam sessions watch \(id.rawValue)       all of it again")
                lines.append("  sam sessions land \(id.rawValue)        push the branch to the repository it came from")
                lines.append("  \(resumption)  go on with it, from its branch")
                lines.append("  git fetch '\(result.mirror)' \(branch)   take it into a clone of yours")
            } else {
                lines.append(result.isEmpty ? "It changed nothing, so there is no branch." : "There is nothing on a branch of its own.")
                lines.append("Go on with it: \(resumption)")
            }
        }
        return lines
    }

    /// How much else a person reads in one go.
    private static let shown = 20

    /// What there is beside the branch, what stays behind, and what could not be brought out.
    private func found(_ result: WorkspaceResult) -> [PrintedText] {
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

    /// Where the work still stands, and what tries again.
    private var keptWorkspace: [PrintedText] {
        (workspace.map { ["The workspace is kept: \($0)"] } ?? []) + ["Try again with: sam sessions salvage \(id.rawValue)"]
    }

    /// What goes on with it once it is over.
    private var resumption: PrintedText { "sam sessions resume \(id.rawValue) \"…\"" }
}
