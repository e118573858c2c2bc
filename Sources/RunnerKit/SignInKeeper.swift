import AgentProtocol
import Foundation
import Logging
import Processes

/// Looks after the one file in which an agent keeps a sign-in: writes it before the agent starts, sends each complete
/// change back while it runs, and the last one after it has ended.
///
/// The agent can do what it likes with the file and the folders around it, so they are reached without following a
/// link, and what stands in them is nothing but bytes to be judged by the control plane.
actor SignInKeeper {
    /// How often the file is looked at while the agent runs.
    private static let interval = Duration.milliseconds(200)
    /// How long the last change may take to get through, before it is left for the control plane to find.
    private static let patience = Duration.seconds(10)
    /// What the control plane takes, and a byte more, so that it can tell that there was more.
    private static let limit = 64 << 10

    private let signIn: RunnerConfiguration.SignIn
    private let folder: UntrustedFolder
    private let session: SessionID
    private let link: ControlLink
    private let logger: Logger
    /// The content that the vault holds, as far as is known here.
    private var known: Data?

    init(_ signIn: RunnerConfiguration.SignIn, session: SessionID, link: ControlLink, logger: Logger) {
        self.signIn = signIn
        folder = UntrustedFolder(path: signIn.folder)
        self.session = session
        self.link = link
        self.logger = logger
    }

    /// Writes the file. One that is there was left by an earlier attempt of this very session, and stays: it may hold a
    /// newer token than the vault does.
    ///
    /// - Throws: when it can't be had or written; the agent is not started then.
    func place() async throws {
        let content = Data(try await ask().utf8)
        if try folder.create(signIn.file, with: content) { known = content }
    }

    /// Sends each complete change until it is cancelled.
    func watch() async {
        var seen: UntrustedFolder.Stamp?
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            guard let stamp = folder.stamp(of: signIn.file), stamp != seen else { continue }
            // Agents write in place: half a file is no change yet. It is looked at again until it is whole.
            guard let content = try? folder.read(signIn.file, limit: Self.limit), isWhole(content) else { continue }
            if content == known {
                seen = stamp
            } else {
                do throws(ControlLink.Failure) {
                    try await send(content)
                    seen = stamp
                } catch {
                    // What is not taken now will not be either until it changes; all else is tried again.
                    if case .refused = error { seen = stamp }
                }
            }
        }
    }

    /// Sends what stands in the file after the agent's end, and removes it once that is answered. What can't be
    /// delivered stays where it is; the control plane looks for it there.
    func giveBack() async {
        let deadline = ContinuousClock.now + Self.patience
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

    // MARK: - Parts

    private func ask() async throws -> String {
        var backoff = Backoff()
        let deadline = ContinuousClock.now + Self.patience
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
        // What was declined is sent once more at the end: by then its layer may be turned on again.
        if try await link.sync(body, of: session) { known = content }
    }

    /// Whether this is JSON from its first character to its last.
    private func isWhole(_ content: Data) -> Bool {
        content.count <= Self.limit && (try? JSONLine.decode(JSONValue.self, from: content)) != nil
    }
}
