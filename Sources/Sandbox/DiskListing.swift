/// What `du -a -c -B1 -0` prints, added up as it arrives: a size, a tab and a path for each file and folder, and a last one with the total.
struct DiskListing: Sendable, Hashable {
    private var records = 0
    /// The size of the record that is being read, or of the last one.
    private var size: Int?
    private var isInSize = true

    /// Takes a piece of the output. Paths can have any byte but zero.
    mutating func read(_ piece: [UInt8]) {
        for byte in piece {
            switch byte {
            case 0:
                records += 1
                isInSize = true
            case UInt8(ascii: "\t") where isInSize: isInSize = false
            case UInt8(ascii: "0")...UInt8(ascii: "9") where isInSize:
                // Larger numbers mean nothing, and must not overflow.
                size = min((isFirstDigit ? 0 : size ?? 0) * 10 + Int(byte - UInt8(ascii: "0")), 1 << 55)
                isFirstDigit = false
                continue
            default: break
            }
            isFirstDigit = true
        }
    }

    private var isFirstDigit = true

    /// What the total says; `nil` before anything was printed.
    var use: DiskWatch.Use? {
        guard isInSize, records > 0, let size else { return nil }
        return DiskWatch.Use(bytes: size, entries: records - 1)
    }
}
