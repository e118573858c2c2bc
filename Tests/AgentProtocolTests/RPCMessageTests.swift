import AgentProtocol
import Foundation
import Testing

@Suite("JSON-RPC messages")
struct RPCMessageTests {
    static let table: [(String, RPCMessage?)] = [
        (
            #"{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":1}}"#,
            .request(id: .number(1), method: "m", params: .object(["a": .integer(1)]))
        ),
        (#"{"jsonrpc":"2.0","id":"x","method":"m"}"#, .request(id: .text("x"), method: "m", params: .object([:]))),
        (#"{"jsonrpc":"2.0","method":"m","params":{}}"#, .notification(method: "m", params: .object([:]))),
        (#"{"jsonrpc":"2.0","id":0,"result":null}"#, .success(id: .number(0), result: .null)),
        (#"{"jsonrpc":"2.0","id":0,"result":{},"error":null}"#, .success(id: .number(0), result: .object([:]))),
        (
            #"{"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"no"}}"#,
            .failure(id: .number(2), error: RPCError(code: -32000, message: "no"))
        ),
        (#"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"x"}}"#, .failure(id: nil, error: RPCError(code: 1, message: "x"))),
        ("plain text", nil), ("[1,2]", nil), ("{}", nil), (#"{"id":1}"#, nil), ("{", nil), ("\"text\"", nil),
    ]

    @Test("Each line is read as its kind, and an invalid one is no message", arguments: table.indices)
    func reading(_ index: Int) {
        let (line, message) = Self.table[index]
        #expect(RPCMessage(line: Data(line.utf8)) == message)
    }

    @Test("What is written is one line and reads as the same", arguments: table.indices)
    func writing(_ index: Int) throws {
        guard let message = Self.table[index].1 else { return }
        let line = message.line
        #expect(line.last == UInt8(ascii: "\n"))
        #expect(line.dropLast().firstIndex(of: UInt8(ascii: "\n")) == nil)
        #expect(RPCMessage(line: Data(line.dropLast())) == message)
    }
}
