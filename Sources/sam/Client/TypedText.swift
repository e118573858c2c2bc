import API
import AgentProtocol
import Foundation
import Wording

/// A task or prompt as a person typed it: words, or `-` for all of standard input.
struct TypedText {
    private let words: [String]

    init(_ words: [String]) { self.words = words }

    /// Whether it is read from standard input.
    var isInput: Bool { words == ["-"] }
    /// The words of the command line.
    var typed: String { words.joined(separator: " ") }

    /// The most bytes of standard input; a server takes no longer prompt.
    static let limit = 1 << 20

    /// The text.
    ///
    /// - Throws: `APIClient.Failure` if standard input is empty, too long or no text.
    func read() throws -> String {
        guard isInput else { return typed }
        if isatty(STDIN_FILENO) == 1 { Terminal.warn("Write what to do, and end it with Ctrl-D on a line of its own:") }
        let bytes: Data
        do {
            bytes = try Self.all(of: .standardInput)
        } catch let error as CocoaError {
            throw APIClient.Failure(status: nil, description: "Standard input can't be read: \(reason(of: error)).")
        }
        return try Self.text(bytes)
    }

    /// The text of some bytes, without the newlines at its end.
    static func text(_ bytes: Data) throws -> String {
        guard bytes.count <= limit else {
            throw APIClient.Failure(
                status: nil,
                description: "Standard input is longer than \(limit / 1_024) KiB. Put it into a file of the repository and name that.")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw APIClient.Failure(status: nil, description: "Standard input is no text in UTF-8.")
        }
        guard !text.isBlank else {
            throw APIClient.Failure(
                status: nil,
                description: "Standard input is empty, and - takes what to do from there: echo \"Fix the tests\" | sam run --repo . -")
        }
        return String(text.reversed().drop { $0.isNewline }.reversed())
    }

    private static func all(of file: FileHandle) throws -> Data {
        var bytes = Data()
        while bytes.count <= limit, let piece = try file.read(upToCount: 64 << 10), !piece.isEmpty { bytes += piece }
        return bytes
    }
}
