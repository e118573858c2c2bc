import AgentProtocol
import AsyncHTTPClient
import Logging
import NIOPosix
import Processes

extension RunnerStart {
    /// What to run at this place: by the start's own configuration, or by the control plane's, which is asked until it answers.
    ///
    /// - Parameter clock: measures the time between two attempts.
    /// - Returns: `nil` when the attempt is over, or the control plane refuses.
    /// - Throws: if the control plane can't be addressed; `CancellationError`.
    public func configurationToRun(
        _ logger: Logger, clock: some Clock<Duration> = SuspendingClock()
    ) async throws -> RunnerConfiguration? {
        var configuration = configuration
        if configuration == nil { configuration = try await fetchedConfiguration(logger, clock) }
        guard let configuration else { return nil }
        return await Blocking.run { configuration.opened(at: place) }
    }

    private func fetchedConfiguration(_ logger: Logger, _ clock: some Clock<Duration>) async throws -> RunnerConfiguration? {
        let client = HTTPClient(
            eventLoopGroup: .singletonMultiThreadedEventLoopGroup, configuration: try ControlLink.configuration(for: place))
        let result: Result<RunnerConfiguration?, any Error>
        do {
            result = .success(try await fetch(by: ControlLink(client: client, place: place, token: token) {}, logger, clock))
        } catch {
            result = .failure(error)
        }
        try await client.shutdown()
        return try result.get()
    }

    private func fetch(by link: ControlLink, _ logger: Logger, _ clock: some Clock<Duration>) async throws -> RunnerConfiguration? {
        var backoff = Backoff()
        let deadline = clock.now.advanced(by: Runner.silenceLimit)
        while clock.now < deadline {
            do throws(ControlLink.Failure) {
                return try await link.configuration()
            } catch {
                switch error {
                case .fenced: return nil
                case .refused(let status):
                    logger.error("The control plane gives no configuration: it answered \(status).")
                    return nil
                case .unavailable(let reason): logger.debug("The control plane can't be reached: \(reason)")
                }
            }
            try await clock.sleep(for: backoff.wait())
        }
        logger.error("The control plane gave no configuration in \(Runner.silenceLimit.components.seconds / 3_600) h.")
        return nil
    }
}
