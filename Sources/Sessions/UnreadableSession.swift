import Accounts
import AgentProtocol
import Store
import Wording

/// A session whose row can't be read. Its row and its workspace stay as they are, and nothing is done for it.
public struct UnreadableSession: Sendable, Hashable, Codable {
    /// The session's id.
    public var id: SessionID
    /// The name of its project; `nil` when that can't be read, as with the other values.
    public var project: String?
    /// The title.
    public var title: String?
    /// The phase, as stored.
    public var phase: String?
    /// The sandbox, as stored.
    public var sandbox: String?
    /// When it was created, in UTC milliseconds.
    public var createdAt: Int64?
    /// Whether it counts against the limit of sessions that run at once: it has started and is not settled, judged without its state. Its
    /// agent may be running.
    public var holdsSlot: Bool
    /// What is wrong with the row.
    public var reason: String
    /// What a person can do about it.
    public var nextStep: String

    /// Describes a row that could not be read.
    init(_ row: Row, _ error: any Error) throws {
        id = try row.parsed("id")
        project = Self.value(row, "project_name")
        title = Self.value(row, "title")
        phase = Self.value(row, "phase")
        sandbox = Self.value(row, "sandbox")
        if case .integer(let time) = try row.value("created_at") { createdAt = time }
        let isSettled = try row.value("settled") == .integer(1)
        holdsSlot = !isSettled && phase != Phase.queued.rawValue
        reason = String(Wording.reason(of: error).prefix(300))
        nextStep =
            "Start the SAM that wrote it, or restore the row. To give it up with its workspace: sam sessions rm \(id.rawValue) --force"
    }

    private static func value(_ row: Row, _ column: String) -> String? {
        guard case .text(let text)? = try? row.value(column) else { return nil }
        return String(text.prefix(200))
    }

    /// The same as an error.
    var error: SessionsError {
        SessionsError(.unreadable, "Session \(id.rawValue) can't be read and is kept as it is: \(reason). \(nextStep)")
    }
}

/// Sessions from the database, and those among them that can't be read.
public struct StoredSessions: Sendable {
    /// The sessions that can be read.
    public var sessions: [Session] = []
    /// The sessions that can't be read.
    public var unreadable: [UnreadableSession] = []

    /// Reads rows with ``Session/columns``. A row that can't be read is reported and hides no other.
    init(_ rows: [Row], _ transaction: any Transaction) throws {
        for row in rows {
            do {
                sessions.append(try Session(row))
            } catch {
                transaction.report(row, of: "sessions", error)
                unreadable.append(try UnreadableSession(row, error))
            }
        }
    }

    /// How many count against the limit of sessions that run at once.
    var slotsHeld: Int { sessions.count { $0.state.holdsSlot } + unreadable.count { $0.holdsSlot } }
}
