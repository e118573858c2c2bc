import AgentProtocol
import AgentTools
import Credentials
import Gateway
import Synchronization

/// SAM's own tools, behind the gateway's door for them.
///
/// The engine that they work with comes after the gateway that asks this, so they are handed over when they are there.
final class SessionTools: Sendable {
    private let server = Mutex<ToolServer?>(nil)

    func use(_ server: ToolServer) { self.server.withLock { $0 = server } }

    var gate: ToolGate {
        ToolGate { message, session in
            await self.server.withLock { $0 }?.answer(message, for: SessionID(rawValue: session.rawValue))
        }
    }
}
