extension BinaryInteger {
    /// So many of something: “1 file”, “2 files”.
    ///
    /// - Parameter plural: where it is not the noun with an s.
    public func of(_ noun: String, _ plural: String? = nil) -> String {
        "\(self) \(self == 1 ? noun : plural ?? noun + "s")"
    }
}
