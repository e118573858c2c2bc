/// Why a sign-in could not be refreshed.
public struct Unrenewed: Sendable, Hashable {
    /// For a person, with what to do.
    public var sentence: String
    /// Whether it may be different in a while without anybody doing anything.
    public var isPassing: Bool

    init(_ sentence: String, isPassing: Bool = false) {
        self.sentence = sentence
        self.isPassing = isPassing
    }
}
