extension BinaryInteger {
    /// A count with its noun: “1 file”, “2 files”.
    ///
    /// - Parameter plural: the plural, if it is not the noun with an s.
    public func of(_ noun: String, _ plural: String? = nil) -> String {
        "\(self) \(self == 1 ? noun : plural ?? noun + "s")"
    }
}
