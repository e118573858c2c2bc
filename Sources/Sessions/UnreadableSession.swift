import Accounts
import AgentProtocol
import Store
import Wording

/// A session whose row can't be read as one. It stays in the database as it is, nothing is done for it, and its workspace stays.
public struct UnreadableSession: Sendable, Hashable, Codable {
    public var id: SessionID
    /// The name of its project, where that can be read; as everything else here.
    public var project: String?
    public var title: String?
    /// The phase that it was in, as it is stored.
    public var phase: String?
    /// What stood between its agent and the machine, as it is stored.
    public var sandbox: String?
    /// UTC milliseconds.
    public var createdAt: Int64?
    /// Whether it counts against the limit of sessions that run at once: when it had begun and is not settled, as far as its row tells
    /// without its state. Its agent may be at work.
    public var holdsSlot: Bool
    /// What is wrong with it.
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

    /// The same in a sentence.
    var error: SessionsError {
        SessionsError(.unreadable, "Session \(id.rawValue) can't be read and is kept as it is: \(reason). \(nextStep)")
    }
}

/// Sessions from the database, and those among them that can't be read.
public struct StoredSessions: Sendable {
    public var sessions: [Session] = []
    public var unreadable: [UnreadableSession] = []

    /// Reads rows with ``Session/columns``. One that can't be read is reported and hides no other.
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
