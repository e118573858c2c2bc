import Logging
import ServiceLifecycle
import Store
import Wording

/// Returns free space of the database to the file system and keeps its log short, at intervals.
struct StoreUpkeep: Service {
    let store: Store
    let logger: Logger

    private static let pause = Duration.seconds(5)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await Task.sleep(for: Self.pause)
                    try await store.tidy()
                } catch is CancellationError {
                    return
                } catch {
                    // Another transaction or a full disk: nothing is lost, and the next round tries again.
                    logger.warning("The database could not be tidied: \(logWords(of: error))")
                }
            }
        }
    }
}

extension Store {
    /// Rewrites a database of an earlier SAM once, so that it can return free space.
    func modernise(_ logger: Logger) async throws {
        guard try await !canGiveRoomBack() else { return }
        logger.notice("The database is rewritten once, so that removed rows free disk space.")
        do {
            try await rewrite()
        } catch {
            logger.warning("The database could not be rewritten and stays as it is; the next start tries again: \(logWords(of: error))")
        }
    }

    /// Closes the database, so that its file alone is complete.
    func closeOrTell(_ logger: Logger) async {
        do {
            try await close()
        } catch {
            logger.warning("The newest entries are still in sam.db-wal, which belongs to the database: \(logWords(of: error))")
        }
    }
}
