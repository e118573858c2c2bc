import Foundation

extension Terminal {
    /// Prints one layer of a cascade: its entry, its last change, and its effect.
    static func layer(
        _ name: String, finding: String, verdict: String, what: String? = nil, by: String? = nil, at: Int64? = nil,
        reason: String? = nil
    ) {
        let name = name.padding(toLength: 9, withPad: " ", startingAt: 0)
        let state = Self.state(finding)
        let who = by.map { " by \($0)" } ?? ""
        let when = at.map { " on \(Time.day($0))" } ?? ""
        let why = reason.map { ": \($0)" } ?? ""
        let thing = what.map { " \($0)" } ?? ""
        line("  \(name) \(state)\(thing)\(who)\(when)\(why)\(styled(consequence(verdict), .dim))")
    }

    /// What a layer says, in the same words everywhere.
    static func state(_ finding: String) -> PrintedText {
        switch finding {
        case "absent": styled("says nothing", .dim)
        case "active": styled("on", .green)
        case "inactive": styled("turned off", .red)
        default: styled("broken", .red)
        }
    }

    private static func consequence(_ verdict: String) -> PrintedText {
        switch verdict {
        case "continuedBecauseAbsent", "continuedBecauseInherited": "  (the search continues)"
        case "decidedByValue", "decidedByTombstone", "decidedByForcedValue", "decidedByFailure": "  (this decides)"
        case "tightest": "  (the tightest)"
        case "notConsulted": "  (not asked)"
        default: ""
        }
    }

    /// Asks before something that is lost or shut for good. Without a terminal to ask on, and with JSON as output, `--yes` is needed.
    ///
    /// - Parameter json: whether the output is JSON, in which no question can stand.
    /// - Throws: `ExitStatus.failed` after a no; `APIClient.Failure` when it can't ask.
    static func agree(yes: Bool, json: Bool = false) throws {
        guard !yes else { return }
        guard !json else {
            throw APIClient.Failure(status: nil, description: "Nothing was changed: with --json nothing is asked, so this needs --yes.")
        }
        guard isatty(STDIN_FILENO) == 1 else {
            throw APIClient.Failure(status: nil, description: "Nothing was changed: without a terminal to ask on, this needs --yes.")
        }
        guard confirm("Continue?") else {
            warn("Nothing was changed.")
            throw ExitStatus.failed
        }
    }

    /// Asks a question that is answered with yes or no. Anything but yes is no.
    static func confirm(_ question: PrintedText) -> Bool {
        write("\(question) [y/N] ")
        let answer = readLine()?.trimmingCharacters(in: .whitespaces).lowercased()
        return answer == "y" || answer == "yes"
    }
}
