/// The progress of a step that makes or salvages a workspace.
public struct WorkspaceProgress: Sendable, Hashable, Codable {
    /// The step, as in “fetching the repository”.
    public var step: String
    /// How much of the step's current part is done; `nil` when unknown.
    public var percent: Int?
    /// git's own progress: the part, the amount, and the speed.
    public var detail: String?

    /// Creates a description.
    public init(_ step: String, percent: Int? = nil, detail: String? = nil) {
        self.step = step
        self.percent = percent
        self.detail = detail
    }

    /// Everything in one line.
    public var sentence: String { [step, detail].compactMap(\.self).joined(separator: ": ") }

    /// Receives the latest progress.
    public typealias Report = @Sendable (WorkspaceProgress) -> Void
}

/// How long git may take over a network.
public struct FetchLimits: Sendable, Hashable {
    /// Where a limit comes from, for the sentence when it is reached.
    enum Origin: Sendable, Hashable {
        /// A setting, which can be raised.
        case setting
        /// SAM's own.
        case fixed
    }

    /// For the whole operation.
    public var whole: Duration
    /// Without any new data from the other side.
    public var stall: Duration
    var wholeOrigin = Origin.setting
    var stallOrigin = Origin.setting

    /// Creates limits from the settings.
    public init(whole: Duration = .seconds(3_600), stall: Duration = .seconds(120)) {
        self.whole = whole
        self.stall = stall
    }

    /// A limit of SAM's own, for the whole operation.
    static func fixed(_ limit: Duration) -> FetchLimits {
        var limits = FetchLimits(whole: limit, stall: limit)
        (limits.wholeOrigin, limits.stallOrigin) = (.fixed, .fixed)
        return limits
    }

    /// The same limits, with at most this much for the whole operation.
    func capped(at most: Duration) -> FetchLimits {
        guard whole > most else { return self }
        var capped = self
        (capped.whole, capped.wholeOrigin) = (most, .fixed)
        return capped
    }

    /// The same limits, with this much left for the whole operation.
    func left(_ time: Duration) -> FetchLimits {
        var left = self
        left.whole = max(.seconds(1), time)
        return left
    }

    /// The names of the limits, to put in parentheses.
    var wholeName: String { wholeOrigin == .setting ? "the setting git.timeoutSeconds" : "SAM's own limit" }
    /// As ``wholeName``, of the limit without new data.
    var stallName: String { stallOrigin == .setting ? "the setting git.stallSeconds" : "SAM's own limit" }
}
