/// A discount outside of a provider's peak hours (DeepSeek, https://api-docs.deepseek.com/quick_start/pricing).
struct OffPeak: Sendable, Hashable {
    /// The factor for the rates, in thousandths.
    var factor: Int64
    /// The peak hours from Monday to Friday, UTC; weekends have none. Public holidays are not considered.
    var peakHours: [Range<Int>]

    /// Whether a time is outside of the peak hours.
    ///
    /// - Parameter time: UTC milliseconds.
    func holds(at time: Int64) -> Bool {
        let hours = Int(time / 3_600_000)
        // 1970 began on a Thursday; Monday is 0.
        let weekday = (hours / 24 + 3) % 7
        return weekday >= 5 || !peakHours.contains { $0.contains(hours % 24) }
    }
}
