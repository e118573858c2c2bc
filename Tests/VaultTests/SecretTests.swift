import Foundation
import Logging
import Synchronization
import Testing
import Vault

@Suite("A secret")
struct SecretTests {
    private static let text = "sk-proj-do-not-show-this-9431"
    fileprivate struct Holder {
        var name = "holder"
        var secret = Secret(SecretTests.text)
    }

    /// The ways in which a value usually gets into a text.
    enum Way: String, CaseIterable {
        case print, dump, describing, reflecting, interpolation, error, mirror

        fileprivate func show(_ holder: Holder) -> String {
            var shown = ""
            switch self {
            case .print: Swift.print(holder, holder.secret, to: &shown)
            case .dump: Swift.dump(holder, to: &shown)
            case .describing: shown = String(describing: holder) + String(describing: holder.secret)
            case .reflecting: shown = String(reflecting: holder) + String(reflecting: holder.secret)
            case .interpolation: shown = "\(holder) \(holder.secret) \(Optional(holder.secret) as Any) \([holder.secret])"
            case .error: shown = "\(Failure(secret: holder.secret)) \(Failure(secret: holder.secret).localizedDescription)"
            case .mirror: shown = everything(in: holder) + everything(in: holder.secret)
            }
            return shown
        }
    }

    @Test("shows itself nowhere", arguments: Way.allCases)
    func staysHidden(way: Way) {
        let shown = way.show(Holder())
        #expect(!shown.isEmpty && !shown.contains("9431"), "\(shown)")
    }

    @Test("can't be encoded, and what holds one can't either")
    func encoding() {
        #expect(!((Secret("x") as Any) is any Encodable))
        #expect(!JSONSerialization.isValidJSONObject(["secret": Secret("x")]))
    }

    @Test("stays out of the log, in the message and in its metadata")
    func logging() {
        let handler = Recorder()
        let logger = Logger(label: "test", factory: { _ in handler })
        let secret = Secret(Self.text)
        logger.error("a \(secret)", metadata: ["one": "\(secret)", "two": .stringConvertible(secret), "three": .array(["\(Holder())"])])
        let lines = handler.lines.withLock { $0 }
        #expect(lines.count == 1)
        #expect(!lines[0].contains("9431"), "\(lines)")
    }

    @Test("is what it was when it is used, and equal to itself only")
    func use() {
        let secret = Secret(Self.text)
        #expect(secret.reveal() == Self.text)
        #expect(secret.count == Self.text.utf8.count)
        #expect(secret == Secret(bytes: Data(Self.text.utf8)))
        #expect(secret != Secret(Self.text + "x"))
    }

    @Test(
        "shows its last four characters only when it is longer than twelve", arguments: [("abcdefghijkl", nil), ("abcdefghijklm", "jklm")])
    func ending(text: String, ending: String?) {
        #expect(Secret(text).ending == ending)
    }
}

private struct Failure: Error {
    var secret: Secret
}

/// Whatever reflection finds below a value.
private func everything(in value: Any) -> String {
    let mirror = Mirror(reflecting: value)
    return "\(mirror.subjectType) " + mirror.children.map { "\($0.label ?? "")=\($0.value) " + everything(in: $0.value) }.joined()
}

private final class Recorder: LogHandler {
    let lines = Mutex<[String]>([])
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
    }
}
