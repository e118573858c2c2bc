import Foundation

/// What a runner starts from: a file with mode 0600 that only the runner reads.
public struct RunnerStart: Sendable, Codable {
    /// The format of this version. It rises with each change that a runner of an earlier version would misread.
    ///
    /// Files without a number have format 1.
    public static let currentFormat = 2

    /// The format of this description.
    public let format: Int
    /// The runner's bearer token. It is never passed in an argument or the environment.
    public var token: String
    /// What to run; `nil` for a runner that asks the control plane for it (`GET /runner/v1/configuration`).
    public var configuration: RunnerConfiguration?
    /// Where to run it.
    public var place: RunnerPlace

    /// Creates a start in the current format.
    public init(token: String, configuration: RunnerConfiguration? = nil, place: RunnerPlace) {
        format = Self.currentFormat
        self.token = token
        self.configuration = configuration
        self.place = place
    }

    /// Reads a file's content.
    ///
    /// - Throws: ``RunnerStartError`` that says whether another version wrote it or it is damaged.
    public init(reading content: Data) throws(RunnerStartError) {
        let head: Head
        do { head = try JSONLine.decode(from: content) } catch { throw .damaged("\(error)") }
        let format = head.format ?? 1
        guard format == Self.currentFormat else { throw .format(format) }
        do { self = try JSONLine.decode(from: content) } catch { throw .damaged("\(error)") }
    }

    private struct Head: Decodable {
        var format: Int?
    }
}

/// Why a runner can't read its start.
public enum RunnerStartError: Error, Sendable, Hashable, CustomStringConvertible {
    /// It has a format that this version does not know.
    case format(Int)
    /// It is not a start of the format that it names.
    case damaged(String)

    /// The exit code of a runner that can't read its start: `EX_CONFIG` of `sysexits.h`.
    public static let exitCode: CInt = 78

    /// The cause and the next step.
    public var description: String {
        switch self {
        case .format(let format):
            "It has format \(format), and this sam-runner reads format \(RunnerStart.currentFormat): sam and sam-runner are of different versions. Install both from one build, and restart the server."
        case .damaged(let reason): "It is damaged: \(reason)"
        }
    }
}
