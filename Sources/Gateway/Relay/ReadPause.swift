/// A pause of reading from a connection: a read that is asked for meanwhile is due when it ends.
///
/// Its methods say whether to read, so that nothing is called while the value changes.
struct ReadPause {
    private var isOn = false
    private var readIsPending = false

    /// Takes a request to read.
    ///
    /// - Returns: whether to read now.
    mutating func read() -> Bool {
        if isOn { readIsPending = true }
        return !isOn
    }

    /// Begins or ends the pause.
    ///
    /// - Returns: whether to read now, because a read is due.
    mutating func set(_ isOn: Bool) -> Bool {
        self.isOn = isOn
        guard !isOn, readIsPending else { return false }
        readIsPending = false
        return true
    }
}
