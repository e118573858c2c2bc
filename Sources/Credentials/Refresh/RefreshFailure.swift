/// Why a sign-in could not be refreshed.
public struct RefreshFailure: Sendable, Hashable {
    /// The reason for a person, with what to do.
    public var sentence: String
    /// Whether a later attempt may succeed without a person's action.
    public var isTransient: Bool

    init(_ sentence: String, isTransient: Bool = false) {
        self.sentence = sentence
        self.isTransient = isTransient
    }
}
