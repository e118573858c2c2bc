import AgentProtocol
import Foundation

/// The branch for a session's result.
public enum ResultBranch {
    /// `sam/<session>-<slug>`, the slug made from the task's first words in ASCII: letters of other scripts are transliterated to Latin, and
    /// accents left out, so that every git server, file system and terminal takes the branch.
    public static func name(session: SessionID, task: String, fallback: String) -> String {
        let words = latin(String(task.unicodeScalars.prefix(considered))).lowercased().split {
            !($0.isASCII && ($0.isLetter || $0.isNumber))
        }
        var slug = ""
        for word in words where slug.count + word.count < 40 {
            slug += slug.isEmpty ? String(word) : "-" + word
        }
        return "sam/\(session.rawValue)-\(slug.isEmpty ? fallback : slug)"
    }

    /// The code points of a task that are looked at. Transliteration costs more than the slug needs.
    private static let considered = 400

    private static func latin(_ text: String) -> String {
        guard !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text }
        return text.applyingTransform(StringTransform("Any-Latin; Latin-ASCII"), reverse: false) ?? text
    }
}
