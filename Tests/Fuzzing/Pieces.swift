extension [UInt8] {
    /// The bytes in pieces of zero to so many, as a socket hands them over.
    public func pieces(ofAtMost most: Int, using generator: inout SeededGenerator) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var start = 0
        while start < count {
            let end = Swift.min(count, start + Int.random(in: 0...most, using: &generator))
            pieces.append(self[start..<end])
            start = end
        }
        return pieces
    }
}
