/// How far a step has come that makes a workspace or takes the work out of one.
public struct WorkspaceProgress: Sendable, Hashable, Codable {
    /// What is being done, as in “fetching the repository”.
    public var step: String
    /// How much of its present part is done, where that is known.
    public var percent: Int?
    /// What git says of it: the part, how much of it, and how fast.
    public var detail: String?

    /// Describes a step.
    public init(_ step: String, percent: Int? = nil, detail: String? = nil) {
        self.step = step
        self.percent = percent
        self.detail = detail
    }

    /// The whole in a line.
    public var sentence: String { [step, detail].compactMap(\.self).joined(separator: ": ") }

    /// Takes the newest of it.
    public typealias Report = @Sendable (WorkspaceProgress) -> Void
}

/// How long git may take over a network.
public struct FetchLimits: Sendable, Hashable {
    /// For all of it.
    public var whole: Duration
    /// Without anything new from the other side.
    public var stall: Duration

    /// Limits in force.
    public init(whole: Duration = .seconds(3_600), stall: Duration = .seconds(120)) {
        self.whole = whole
        self.stall = stall
    }
}
