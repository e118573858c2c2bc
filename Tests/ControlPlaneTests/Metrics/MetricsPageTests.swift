import Accounts
import Foundation
import Limits
import Metering
import Sessions
import Store
import Testing

@testable import ControlPlane

@Suite("The page of metrics")
struct MetricsPageTests {
    @Test("Every phase that is not an end is there, at 0 if no session is in it")
    func sessions() {
        let families = MetricsPage.sessions(SessionCounts(byPhase: [.queued: 2, .interrupted: 1], oldestQueuedAt: 1_500))
        #expect(
            families.map(\.text).joined() == """
                # HELP sam_sessions Sessions that have not ended, by phase.
                # TYPE sam_sessions gauge
                sam_sessions{phase="queued"} 2
                sam_sessions{phase="preparing"} 0
                sam_sessions{phase="booting"} 0
                sam_sessions{phase="starting"} 0
                sam_sessions{phase="ready"} 0
                sam_sessions{phase="working"} 0
                sam_sessions{phase="finishing"} 0
                sam_sessions{phase="interrupted"} 1
                # HELP sam_queue_oldest_created_timestamp_seconds When the oldest queued session was created, in Unix time; 0 while none is queued.
                # TYPE sam_queue_oldest_created_timestamp_seconds gauge
                sam_queue_oldest_created_timestamp_seconds 1.5

                """)
    }

    @Test("What was refused is counted by listener and reason")
    func refused() {
        let refusals = Refusals { _ in }
        #expect(
            MetricsPage.refused(refusals).text
                == "# HELP sam_refused_total Connections and requests that exceeded a limit.\n# TYPE sam_refused_total counter\n")
    }

    @Test("A database without sessions has none in any phase")
    func empty() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sam-metrics-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try Store.sqlite(at: folder.appending(path: "sam.db").path(percentEncoded: false))
        try await store.migrate(Server.migrations, now: 0)
        #expect(try await SessionCounts.current(in: store) == SessionCounts(byPhase: [:], oldestQueuedAt: nil))
    }
}
