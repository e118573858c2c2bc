extension String {
    /// The beginning, at most this many bytes long: one character can be as long as a text.
    public func cut(to bytes: Int) -> String {
        utf8.count <= bytes ? self : String(decoding: utf8.prefix(bytes), as: UTF8.self)
    }
}
