/// A metric with all its samples, in the text format of Prometheus
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
struct MetricFamily: Equatable {
    /// The metric's type.
    enum Kind: String {
        case counter, gauge, histogram
    }

    /// One value.
    struct Sample: Equatable {
        /// What a histogram's parts add to the name: `_bucket`, `_sum` or `_count`.
        var suffix = ""
        var labels: [Label]
        var value: Double
    }

    /// A dimension of a sample.
    struct Label: Hashable, Comparable {
        var name: String
        var value: String

        init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }

        /// The value is quoted; backslash, quote and line feed are escaped.
        var text: String {
            let escaped = value.replacing("\\", with: #"\\"#).replacing("\"", with: #"\""#).replacing("\n", with: #"\n"#)
            return "\(MetricFamily.legal(name))=\"\(escaped)\""
        }

        static func < (left: Label, right: Label) -> Bool { (left.name, left.value) < (right.name, right.value) }
    }

    var name: String
    /// One line; empty for none.
    var help = ""
    var kind: Kind
    var samples: [Sample]

    /// The lines, each with its end.
    var text: String {
        let head = (help.isEmpty ? "" : "# HELP \(name) \(help)\n") + "# TYPE \(name) \(kind.rawValue)\n"
        return head
            + samples.map { sample in
                let labels = sample.labels.isEmpty ? "" : "{\(sample.labels.map(\.text).joined(separator: ","))}"
                return "\(name)\(sample.suffix)\(labels) \(Self.number(sample.value))\n"
            }
            .joined()
    }

    /// A name with letters, digits, `_` and `:` only, as Prometheus requires.
    static func legal(_ name: String) -> String {
        let signs = name.unicodeScalars.map { sign in
            sign.isASCII && (sign.properties.isAlphabetic || ("0"..."9").contains(sign) || sign == "_" || sign == ":")
                ? Character(sign) : "_"
        }
        return (signs.first?.isNumber ?? true ? "_" : "") + String(signs)
    }

    private static func number(_ value: Double) -> String {
        if value == .infinity { return "+Inf" }
        return Int64(exactly: value).map(String.init) ?? String(value)
    }
}
