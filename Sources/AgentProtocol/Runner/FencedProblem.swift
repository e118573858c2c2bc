/// The answer that ends a runner's attempt, and the only one that does: problem details with this status and type.
///
/// A proxy can answer with any status. It does not answer with this type.
public enum FencedProblem {
    /// The HTTP status.
    public static let status = 409
    /// The problem's type.
    public static let type = "urn:sam:problem:fenced"
}
