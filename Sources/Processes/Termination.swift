/// The exit code or signal of a program.
public enum Termination: Sendable, Hashable, Codable {
    /// It exited with this code.
    case exited(Int32)
    /// This signal ended it.
    case signalled(Int32)

    /// Whether it exited with code 0.
    public var isSuccess: Bool { self == .exited(0) }
}

extension Termination: CustomStringConvertible {
    /// The code or signal in words.
    public var description: String {
        switch self {
        case .exited(let code): "exit code \(code)"
        case .signalled(let signal): "signal \(signal)"
        }
    }
}
