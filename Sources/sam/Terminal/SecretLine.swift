/// A line that is typed without being shown. Pure.
///
/// It does by itself what a terminal otherwise does for a line, so that Ctrl-C is seen while nothing is echoed.
struct SecretLine {
    /// What comes of a byte.
    enum Turn: Equatable {
        case more
        /// The line is complete.
        case end
        /// The person wants to leave.
        case interrupt
    }

    /// What was typed so far.
    private(set) var bytes: [UInt8] = []

    /// Takes a byte.
    mutating func take(_ byte: UInt8) -> Turn {
        switch byte {
        // Ctrl-C and Ctrl-\.
        case 0x03, 0x1c: return .interrupt
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return .end
        // Ctrl-D ends a line; an empty one says that nothing comes.
        case 0x04: return bytes.isEmpty ? .interrupt : .end
        // Backspace removes a character, whose other bytes are 10……….
        case 0x7f, 0x08:
            while let last = bytes.popLast(), last & 0xc0 == 0x80 {}
        // Ctrl-U removes all.
        case 0x15: wipe()
        default: bytes.append(byte)
        }
        return .more
    }

    /// Overwrites what was typed.
    mutating func wipe() {
        for place in bytes.indices { bytes[place] = 0 }
        bytes = []
    }
}
