import AgentProtocol
import AgentTools
import Credentials
import Gateway

extension ToolServer {
    /// The gate through which the gateway serves SAM's own tools.
    var gate: ToolGate {
        ToolGate { message, session in await self.answer(message, for: SessionID(rawValue: session.rawValue)) }
    }
}
