/// JSON to be written, with its members in their order.
indirect enum Json: Sendable {
    case object([(String, Json)])
    case array([Json])
    case string(String)
    case int(Int)
    /// A number as it is to be written.
    case number(String)
    case bool(Bool)
    case null

    /// Adds a member to an object.
    func with(_ name: String, _ value: Json?) -> Json {
        guard case .object(let members) = self, let value else { return self }
        return .object(members + [(name, value)])
    }

    /// - Parameter spaces: between tokens; with a line break the text has several lines.
    func text(spaces: String = "", dice: inout Dice) -> String {
        switch self {
        case .object(let members):
            let inner = members.map { "\(Self.quoted($0, dice: &dice, escapes: false)):\(spaces)\($1.text(spaces: spaces, dice: &dice))" }
            return "{" + spaces + inner.joined(separator: "," + spaces) + spaces + "}"
        case .array(let elements):
            return "[" + elements.map { $0.text(spaces: spaces, dice: &dice) }.joined(separator: "," + spaces) + "]"
        case .string(let string): return Self.quoted(string, dice: &dice, escapes: true)
        case .int(let int): return "\(int)"
        case .number(let number): return number
        case .bool(let bool): return bool ? "true" : "false"
        case .null: return "null"
        }
    }

    private static func quoted(_ string: String, dice: inout Dice, escapes: Bool) -> String {
        let isASCII = escapes && dice.chance(20)
        var text = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20 || (isASCII && scalar.value > 0x7e):
                for unit in String(scalar).utf16 {
                    let hex = String(unit, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                }
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}

extension Json: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral
{
    init(dictionaryLiteral elements: (String, Json)...) { self = .object(elements) }
    init(arrayLiteral elements: Json...) { self = .array(elements) }
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int) { self = .int(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
}
