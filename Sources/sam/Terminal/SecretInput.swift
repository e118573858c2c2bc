import API
import ArgumentParser
import Foundation
import Vault
import Wording

/// Reads a secret from a person or a pipe.
enum SecretInput {
    /// Asks for it without an echo on a terminal, or reads all of standard input.
    ///
    /// - Parameter keepingNewline: whether a line break at the end belongs to it. Pipes like to add one to a key.
    /// - Throws: an exit code of 130 when the person leaves with Ctrl-C.
    static func read(_ prompt: PrintedText, keepingNewline: Bool) throws -> Secret {
        if isatty(STDIN_FILENO) == 1 { return try typed(prompt) }
        var content = try FileHandle.standardInput.read(upToCount: 2 << 20) ?? Data()
        if !keepingNewline {
            for ending in ["\n", "\r"] where content.last == ending.utf8.first { content.removeLast() }
        }
        return Secret(bytes: content)
    }

    private static func typed(_ prompt: PrintedText) throws -> Secret {
        var usual = termios()
        guard tcgetattr(STDIN_FILENO, &usual) == 0 else {
            throw APIClient.Failure(
                status: nil, description: "The terminal can't be kept from showing the secret. Give it on standard input.")
        }
        var silent = usual
        silent.c_lflag &= ~tcflag_t(ECHO | ECHONL | ICANON | ISIG)
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 else {
            throw APIClient.Failure(
                status: nil, description: "The terminal can't be kept from showing the secret. Give it on standard input.")
        }
        Terminal.prompt(prompt)
        var line = SecretLine()
        defer {
            line.wipe()
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &usual)
            Terminal.warn("")
        }
        var byte: UInt8 = 0
        while true {
            let count = Foundation.read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { throw ExitCode(130) }
            switch line.take(byte) {
            case .more: continue
            case .end: return Secret(bytes: Data(line.bytes))
            case .interrupt: throw ExitCode(130)
            }
        }
    }
}
