extension String {
    /// Its beginning, of at most so many bytes: one character can be as long as a text.
    public func cut(to bytes: Int) -> String {
        utf8.count <= bytes ? self : String(decoding: utf8.prefix(bytes), as: UTF8.self)
    }
}
