/// Why a call got no answer of SAM's, for the sentence that a program shows: only it knows how the server and the token were chosen.
public enum APIObstacle: Sendable {
    /// Nothing answers.
    case unreachable(any Error)
    /// The answer is not SAM's.
    case notSAM(status: Int)
    /// Nothing is served at the path, by SAM or by another server.
    case noSuchPath(isSAM: Bool)
    /// The token was refused, for the reason that the server gave.
    case tokenRefused(String, isDisabled: Bool)
}
