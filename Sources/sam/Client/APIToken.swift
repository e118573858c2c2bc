import Foundation

/// The API token that a command signs in with, and where it was found.
struct APIToken: Sendable {
    /// Where it was found.
    enum Source: Sendable {
        /// The environment variable `SAM_TOKEN`.
        case variable
        /// A file of SAM's home on this machine.
        case file(String)
    }

    /// The token; `nil` when there is none.
    let value: String?
    private let source: Source

    /// A person's own, from `SAM_TOKEN`.
    init(variable: String) {
        value = variable
        source = .variable
    }

    /// The one in a file, which may be missing.
    init(file: String) {
        let text = (try? String(contentsOfFile: file, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
        value = text.flatMap { $0.isEmpty ? nil : $0 }
        source = .file(file)
    }

    /// Why a server did not let it in, and what to do.
    ///
    /// - Parameters:
    ///   - detail: what the server said.
    ///   - isDisabled: whether it is the token's user who is shut out.
    func refusal(_ detail: String, isDisabled: Bool) -> String {
        switch source {
        case .variable:
            return "\(detail) It is the one in SAM_TOKEN. Unset SAM_TOKEN and SAM_URL to sign in to this machine's server with its own."
        case .file(let path):
            guard value == nil else {
                return "\(detail) It is the one in \(path)." + (isDisabled ? "" : " The server makes another at its next start: sam stop")
            }
            let state =
                !FileManager.default.fileExists(atPath: path)
                ? "is not there" : access(path, R_OK) == 0 ? "is empty" : "can't be read: \(String(cString: strerror(errno)))"
            return """
                \(path), with which the command line signs in, \(state). Put it back, or let the server make another at its next start: \
                sam stop
                """
        }
    }
}
