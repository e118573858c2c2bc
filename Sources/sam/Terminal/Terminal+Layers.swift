import Accounts
import Foundation

extension Terminal {
    /// One layer of a cascade: what stands there, who made it so, when and why, and what the search did on its account.
    static func layer(
        _ scope: Scope, finding: String, verdict: String, what: String? = nil, by: String? = nil, at: Int64? = nil,
        reason: String? = nil
    ) {
        let name = scope.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0)
        let state =
            switch finding {
            case "absent": styled("says nothing", .dim)
            case "active": styled("on", .green)
            case "inactive": styled("turned off", .red)
            default: styled("broken", .red)
            }
        let who = by.map { " by \($0)" } ?? ""
        let when = at.map { " on \(Time.day($0))" } ?? ""
        let why = reason.map { ": \($0)" } ?? ""
        let thing = what.map { " \($0)" } ?? ""
        line("  \(name) \(state)\(thing)\(who)\(when)\(why)\(styled(consequence(verdict), .dim))")
    }

    private static func consequence(_ verdict: String) -> PrintedText {
        switch verdict {
        case "continuedBecauseAbsent", "continuedBecauseInherited": "  (the search goes on)"
        case "decidedByValue", "decidedByTombstone", "decidedByForcedValue", "decidedByFailure": "  (this decides)"
        case "tightest": "  (the tightest)"
        case "notConsulted": "  (not asked)"
        default: ""
        }
    }

    /// Asks a question that is answered with yes or no. Anything but yes is no.
    static func confirm(_ question: PrintedText) -> Bool {
        write("\(question) [y/N] ")
        let answer = readLine()?.trimmingCharacters(in: .whitespaces).lowercased()
        return answer == "y" || answer == "yes"
    }
}
