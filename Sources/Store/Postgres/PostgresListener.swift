import CPostgres
import Foundation
import Synchronization

/// Notifies other processes of changed tables and receives their notifications, on a connection of its own (LISTEN and NOTIFY).
///
/// A notification is a hint: those sent while the connection was lost never arrive, so all followers check for changes after each
/// reconnection and after each `silence` without one. Changes are collected for 20 ms and sent after the commit: inside of a transaction
/// they would make commits wait for one another.
final class PostgresListener: Sendable {
    private struct State {
        var pending: Set<String> = []
        var isClosed = false
    }

    private let url: String
    /// After how long without a notification followers check for changes themselves.
    private let silence: Duration
    private let ticks: ChangeTicks
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "sam.postgres.listen")
    /// A byte in this pipe wakes the listening loop.
    private let wake: (reading: FileHandle, writing: FileHandle)

    private static let channel = "sam"
    private static let collection: Int32 = 20

    init(_ url: String, _ ticks: ChangeTicks, silence: Duration) {
        self.silence = silence
        self.url = url
        self.ticks = ticks
        let pipe = Pipe()
        wake = (pipe.fileHandleForReading, pipe.fileHandleForWriting)
    }

    /// Starts the listening loop.
    func start() {
        queue.async { [self] in
            while !isClosed {
                do {
                    try listen(PostgresConnection(url))
                } catch {
                    // The server is away; followers check for missed changes once it is back.
                    usleep(500_000)
                }
            }
        }
    }

    /// Schedules a notification for changed tables.
    func send(_ tables: Set<String>) {
        let isFirst = state.withLock { state in
            defer { state.pending.formUnion(tables) }
            return state.pending.isEmpty
        }
        if isFirst { rouse() }
    }

    /// Stops listening. Called once.
    func close() {
        state.withLock { $0.isClosed = true }
        rouse()
    }

    private var isClosed: Bool { state.withLock { $0.isClosed } }

    private func rouse() {
        var byte: UInt8 = 1
        // A full pipe wakes the loop as well.
        _ = write(wake.writing.fileDescriptor, &byte, 1)
    }

    // MARK: - On the queue

    private func listen(_ connection: PostgresConnection) throws {
        try connection.run("SET idle_in_transaction_session_timeout = 0; LISTEN \(Self.channel)")
        ticks.tick(nil)
        while !isClosed {
            var sockets = [
                pollfd(fd: connection.socket, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake.reading.fileDescriptor, events: Int16(POLLIN), revents: 0),
            ]
            let ready = poll(&sockets, 2, Int32(silence.components.seconds * 1_000))
            if ready == 0 { ticks.tick(nil) }
            if sockets[1].revents != 0 { try sendPending(connection) }
            // This process's own changes were already ticked.
            let heard = try connection.notifications().filter { $0.sender != connection.process }
            if !heard.isEmpty { ticks.tick(Set(heard.map(\.payload))) }
        }
    }

    private func sendPending(_ connection: PostgresConnection) throws {
        var bytes = [UInt8](repeating: 0, count: 64)
        _ = read(wake.reading.fileDescriptor, &bytes, bytes.count)
        usleep(UInt32(Self.collection) * 1_000)
        let tables = state.withLock { state in
            defer { state.pending = [] }
            return state.pending
        }
        for table in tables.sorted() {
            _ = try connection.query("SELECT pg_notify($1, $2)", [.text(Self.channel), .text(table)])
        }
    }
}
