import Logging
import ServiceLifecycle
import Store

/// Gives room of the database back and keeps its log short, now and then.
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
                    // Another's transaction in the way, or a full disk: nothing is lost, and the next round tries again.
                    logger.warning("The database could not be tidied: \(error)")
                }
            }
        }
    }
}

extension Store {
    /// Makes a database of an earlier SAM one that can give room back, once.
    func modernise(_ logger: Logger) async throws {
        guard try await !canGiveRoomBack() else { return }
        logger.notice("The database is written anew once, so that it can give back the room of what is removed.")
        do {
            try await rewrite()
        } catch {
            logger.warning("The database could not be written anew and stays as it is; the next start tries again: \(error)")
        }
    }

    /// Ends the use of the database, so that its file alone is whole.
    func closeOrTell(_ logger: Logger) async {
        do {
            try await close()
        } catch {
            logger.warning("The newest entries stand in sam.db-wal beside the database, which belongs to it: \(error)")
        }
    }
}
