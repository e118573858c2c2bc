import AgentProtocol
import Foundation
import Logging
import Processes

/// Manages the file in which an agent keeps a sign-in: writes it before the agent starts, sends complete changes while it runs, and sends
/// the last change after it has ended.
///
/// The agent can change the file and its folders at will, so they are opened without following links, and the content is untrusted: the
/// control plane checks it.
actor SignInKeeper {
    /// The interval at which the file is checked while the agent runs.
    private static let interval = Duration.milliseconds(200)
    /// The time limit for fetching the sign-in and for the last delivery, after which the file stays for the control plane to find.
    private static let exchangeTimeout = Duration.seconds(10)
    /// The longest content, in bytes, that the control plane accepts.
    private static let limit = 64 << 10

    private let signIn: RunnerConfiguration.SignIn
    private let folder: UntrustedFolder
    private let session: SessionID
    private let link: ControlLink
    private let logger: Logger
    /// The content that the vault has, as far as this runner knows.
    private var known: Data?

    init(_ signIn: RunnerConfiguration.SignIn, home: String, session: SessionID, link: ControlLink, logger: Logger) {
        self.signIn = signIn
        folder = UntrustedFolder(path: home)
        self.session = session
        self.link = link
        self.logger = logger
    }

    /// Writes the file. An existing file is from an earlier attempt of this session and stays: its token may be newer than the vault's.
    ///
    /// - Throws: if the content can't be fetched or written; the agent is then not started.
    func place() async throws {
        let content = Data(try await ask().utf8)
        if try folder.create(signIn.file, with: content) { known = content }
    }

    /// Sends each complete change until the task is cancelled.
    func watch() async {
        var seen: UntrustedFolder.Stamp?
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            guard let stamp = folder.stamp(of: signIn.file), stamp != seen else { continue }
            // Agents write in place, so the content may be incomplete. It is read again until it is complete.
            guard let content = try? folder.read(signIn.file, limit: Self.limit), isWhole(content) else { continue }
            if content == known {
                seen = stamp
            } else {
                do throws(ControlLink.Failure) {
                    try await send(content)
                    seen = stamp
                } catch {
                    // Refused content stays refused until it changes; other errors are retried.
                    if case .refused = error { seen = stamp }
                }
            }
        }
    }

    /// Sends the file's last content after the agent's end and removes the file once that succeeded. Otherwise the file stays, and the
    /// control plane looks for it there.
    func giveBack() async {
        let deadline = ContinuousClock.now + Self.exchangeTimeout
        var backoff = Backoff()
        while ContinuousClock.now < deadline {
            do {
                if let content = try folder.read(signIn.file, limit: Self.limit), content != known { try await send(content) }
                try folder.remove(signIn.file)
                return
            } catch ControlLink.Failure.unavailable(let reason) {
                logger.debug("The sign-in could not be given back yet: \(reason)")
                try? await Task.sleep(for: backoff.wait())
            } catch {
                logger.warning("The sign-in is left for the control plane to take: \(error)")
                return
            }
        }
    }

    // MARK: - Helpers

    private func ask() async throws -> String {
        var backoff = Backoff()
        let deadline = ContinuousClock.now + Self.exchangeTimeout
        while true {
            do throws(ControlLink.Failure) {
                return try await link.signIn()
            } catch {
                guard case .unavailable = error, ContinuousClock.now < deadline else { throw error }
                try await Task.sleep(for: backoff.wait())
            }
        }
    }

    private func send(_ content: Data) async throws(ControlLink.Failure) {
        let body = CredentialSync(
            agentType: signIn.agentType, credentialKind: signIn.credentialKind, credential: String(decoding: content, as: UTF8.self))
        // Declined content is sent once more at the end: its layer may be active again by then.
        if try await link.sync(body, of: session) { known = content }
    }

    /// Whether this is one complete JSON value.
    private func isWhole(_ content: Data) -> Bool {
        content.count <= Self.limit && (try? JSONLine.decode(JSONValue.self, from: content)) != nil
    }
}
