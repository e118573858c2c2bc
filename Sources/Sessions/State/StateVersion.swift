import AgentProtocol
import Store
import Wording

// How a session's state is stored: as JSON, with the version of its format as an extra member.
extension SessionState {
    /// Increased with each change of the format after which stored states can't be read as they are; then ``migrations`` gets a step.
    /// Optional members need none.
    static let version = 2

    /// The steps from each version to the next, beginning with version 0.
    private static let migrations: [@Sendable (inout [String: JSONValue]) -> Void] = [
        // 0: states had no version, and older ones no questions.
        { members in if members["questions"] == nil { members["questions"] = .array([]) } },
        // 1: results had paths of the server's.
        { members in
            if let result = members["earlierResult"] { members["earlierResult"] = ResultPaths.removed(from: result) }
            if let result = members["salvage"]?["done"]?["_0"] {
                members["salvage"] = ["done": ["_0": ResultPaths.removed(from: result)]]
            }
        },
    ]

    /// Reads the state of a session's row.
    ///
    /// - Throws: ``SessionsError`` with code ``SessionsError/Code/unreadable`` and what is wrong with it; `StoreError`.
    init(of row: Row) throws {
        try self.init(stored: try row.text("state"))
    }

    /// Reads a stored state.
    ///
    /// - Throws: ``SessionsError`` with code ``SessionsError/Code/unreadable`` and what is wrong with it.
    init(stored text: String) throws(SessionsError) {
        do {
            let version = try JSONLine.decode(Versioned.self, from: text).version ?? 0
            guard (0...Self.version).contains(version) else {
                throw SessionsError(
                    .unreadable, "its state has version \(version), and this SAM knows those up to \(Self.version)")
            }
            guard version < Self.version else {
                self = try JSONLine.decode(from: text)
                return
            }
            var members = try JSONLine.decode([String: JSONValue].self, from: text)
            for migration in Self.migrations[version...] { migration(&members) }
            self = try JSONValue.object(members).decoded()
        } catch let error as SessionsError {
            throw error
        } catch let error as DecodingError {
            throw SessionsError(.unreadable, "its state is not as it should be, \(error.place.dropLast())")
        } catch {
            throw SessionsError(.unreadable, "this version of SAM does not know its state")
        }
    }

    /// The state in its stored form.
    func stored() throws -> String {
        try JSONLine.text(Stored(state: self))
    }

    private struct Versioned: Decodable {
        var version: Int?
    }

    private struct Stored: Encodable {
        var state: SessionState

        enum Keys: CodingKey { case version }

        func encode(to encoder: any Encoder) throws {
            try state.encode(to: encoder)
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(SessionState.version, forKey: .version)
        }
    }
}
