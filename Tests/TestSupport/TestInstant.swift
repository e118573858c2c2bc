/// A time of the tests' clocks.
public struct TestInstant: InstantProtocol {
    /// The time since the clock's start.
    public var passed: Duration

    /// The time that is later by a duration.
    public func advanced(by duration: Duration) -> TestInstant { TestInstant(passed: passed + duration) }
    /// The duration until another time.
    public func duration(to other: TestInstant) -> Duration { other.passed - passed }
    /// Whether one time is earlier.
    public static func < (one: TestInstant, other: TestInstant) -> Bool { one.passed < other.passed }
}
