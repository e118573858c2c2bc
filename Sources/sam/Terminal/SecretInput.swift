import ArgumentParser
import Foundation
import Vault
import Wording

/// Reading a secret from a person or a pipe.
enum SecretInput {
    /// Asks for it without an echo on a terminal, or reads all of standard input.
    ///
    /// - Parameter keepingNewline: whether a line break at the end belongs to it. Pipes like to add one to a key.
    static func read(_ prompt: PrintedText, keepingNewline: Bool) throws -> Secret {
        if isatty(STDIN_FILENO) == 1 {
            guard let typed = getpass(prompt.rendered(colour: false)) else { throw ValidationError("No secret was given.") }
            defer { memset(typed, 0, strlen(typed)) }
            return Secret(bytes: Data(bytes: typed, count: strlen(typed)))
        }
        var content = try FileHandle.standardInput.read(upToCount: 2 << 20) ?? Data()
        if !keepingNewline {
            for ending in ["\n", "\r"] where content.last == ending.utf8.first { content.removeLast() }
        }
        return Secret(bytes: content)
    }
}
