import Testing

@testable import Wording

@Suite("The table of hidden characters")
struct HiddenCharactersTests {
    /// What draws nothing though no property of Unicode's says so.
    private let blank: Set<UInt32> = [0x2800, 0xfffc, 0x16fe4, 0x1d159]

    @Test(
        "It holds every control, format, separator and private character, every noncharacter, all that is ignorable by default, and four more"
    )
    func complete() {
        var wrong: [UInt32] = []
        for value in UInt32(0)...0x10ffff {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let properties = scalar.properties
            let isListed =
                switch properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate: true
                default: properties.isDefaultIgnorableCodePoint || properties.isNoncharacterCodePoint || blank.contains(value)
                }
            if isListed != (HiddenCharacters.effect(of: scalar) != nil) { wrong.append(value) }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(20).map { String($0, radix: 16) })")
    }

    @Test("Its rows are in order, and none overlaps the next")
    func order() {
        for (row, next) in zip(HiddenCharacters.table, HiddenCharacters.table.dropFirst()) {
            #expect(row.range.upperBound < next.range.lowerBound)
        }
    }
}
