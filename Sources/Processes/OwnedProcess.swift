import Foundation
import Synchronization

/// A program that this process owns: it is killed with SIGKILL when its owner dies for any reason.
///
/// One thread per program starts it and waits for it. This is required: the kernel ties a child's death signal to the *thread* that forked
/// it, so the thread has to live as long as the child.
///
/// Safe to use from any task.
public final class OwnedProcess: Sendable {
    private enum Message: Sendable {
        case started(pid_t)
        case refused(ProcessError)
        case ended(Termination)
    }

    /// The process id, which is also the id of its session and process group.
    public let identifier: pid_t
    private let running: RunningIdentifier
    private let ending: Task<Termination, Never>

    private init(identifier: pid_t, running: RunningIdentifier, ending: Task<Termination, Never>) {
        self.identifier = identifier
        self.running = running
        self.ending = ending
    }

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - command: the program.
    ///   - descriptors: its descriptors 0 to 3. They may be closed once this returns.
    ///   - controlGroups: `cgroup.procs` files that the program joins before it executes.
    /// - Throws: ``ProcessError`` if it can't be started.
    public static func start(
        _ command: Command, descriptors: Descriptors, joining controlGroups: [String] = []
    ) async throws(ProcessError) -> OwnedProcess {
        let (messages, sender) = AsyncStream.makeStream(of: Message.self)
        let running = RunningIdentifier()
        Thread.detachNewThread {
            do throws(ProcessError) {
                let pid = try command.spawn(.tiedToThisThread, descriptors: descriptors, joining: controlGroups)
                running.set(pid)
                sender.yield(.started(pid))
                sender.yield(.ended(running.reap(pid)))
            } catch {
                sender.yield(.refused(error))
            }
            sender.finish()
        }
        var iterator = messages.makeAsyncIterator()
        switch await iterator.next() {
        case .started(let pid):
            let ending = Task {
                for await case .ended(let termination) in messages { return termination }
                return Termination.signalled(SIGKILL)
            }
            return OwnedProcess(identifier: pid, running: running, ending: ending)
        case .refused(let error):
            throw error
        case .ended, nil:
            throw ProcessError(.notStarted, "\(command.executable) ended before it began.")
        }
    }

    /// Waits until the program has ended.
    public func termination() async -> Termination {
        await ending.value
    }

    /// Sends a signal to the program alone. Has no effect once it has ended.
    public func signal(_ number: CInt) {
        running.signal(number, group: false)
    }

    /// Sends a signal to the program's process group. Has no effect once the program has ended.
    public func signalGroup(_ number: CInt) {
        running.signal(number, group: true)
    }
}

/// The id of a program that was not reaped yet, so that no signal reaches another process that reuses the id.
private final class RunningIdentifier: Sendable {
    private let identifier = Mutex<pid_t?>(nil)

    func set(_ pid: pid_t) {
        identifier.withLock { $0 = pid }
    }

    func signal(_ number: CInt, group: Bool) {
        identifier.withLock { pid in
            guard let pid else { return }
            kill(group ? -pid : pid, number)
        }
    }

    /// Blocks until the program has ended, and reaps it.
    func reap(_ pid: pid_t) -> Termination {
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        return identifier.withLock { identifier in
            identifier = nil
            var status: CInt = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7f
            return signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
        }
    }
}
