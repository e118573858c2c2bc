import Foundation

/// A JSON-RPC 2.0 message as the Agent Client Protocol sends it: one per line. https://www.jsonrpc.org/specification
public enum RPCMessage: Sendable, Hashable {
    /// A request, which is answered with a success or a failure of the same id.
    case request(id: RPCIdentifier, method: String, params: JSONValue)
    /// A message without an answer.
    case notification(method: String, params: JSONValue)
    /// The result of a request.
    case success(id: RPCIdentifier, result: JSONValue)
    /// The error of a request; the id is `nil` if the request could not be read.
    case failure(id: RPCIdentifier?, error: RPCError)
}

/// The id of a request. Each side numbers its own requests, so an id has a meaning only together with the direction.
public enum RPCIdentifier: Sendable, Hashable {
    /// A number.
    case number(Int)
    /// A text.
    case text(String)

    var json: JSONValue {
        switch self {
        case .number(let number): .integer(number)
        case .text(let text): .string(text)
        }
    }

    /// Reads an id; `nil` for any other value.
    public init?(_ json: JSONValue?) {
        switch json {
        case .integer(let number): self = .number(number)
        case .string(let text): self = .text(text)
        default: return nil
        }
    }
}

/// A JSON-RPC error object.
public struct RPCError: Error, Sendable, Hashable, Codable {
    /// The error's code.
    public var code: Int
    /// The error's message.
    public var message: String

    /// Creates an error object.
    public init(code: Int, message: String) {
        self.code = code
        self.message = message
    }

    /// The message is no valid JSON-RPC request.
    public static func invalidRequest(_ message: String) -> RPCError { RPCError(code: -32600, message: message) }
    /// The method does not exist.
    public static func methodNotFound(_ method: String) -> RPCError {
        RPCError(code: -32601, message: "Method not found: \(method)")
    }
    /// The parameters don't fit the method.
    public static func invalidParams(_ message: String) -> RPCError { RPCError(code: -32602, message: message) }
    /// The method failed.
    public static func internalError(_ message: String) -> RPCError { RPCError(code: -32603, message: message) }
    /// ACP: the agent has no usable credential.
    public static let authenticationRequiredCode = -32000
}

extension RPCMessage {
    /// Parses one line.
    ///
    /// - Returns: `nil` if the line is no JSON-RPC message, as when a program prints to standard output by mistake.
    public init?(line: Data) {
        guard let json = try? JSONLine.decode(JSONValue.self, from: line), case .object(let members) = json else {
            return nil
        }
        let id = RPCIdentifier(members["id"])
        if let method = members["method"]?.string {
            let params = members["params"] ?? .object([:])
            self = id.map { .request(id: $0, method: method, params: params) } ?? .notification(method: method, params: params)
        } else if let error = members["error"], error != .null {
            let decoded = try? error.decoded(as: RPCError.self)
            self = .failure(id: id, error: decoded ?? .internalError("an error without a message"))
        } else if let id, members["result"] != nil {
            self = .success(id: id, result: members["result"] ?? .null)
        } else {
            return nil
        }
    }

    /// The message as one line, with its newline.
    public var line: Data {
        var members: [String: JSONValue] = ["jsonrpc": .string("2.0")]
        switch self {
        case .request(let id, let method, let params):
            members["id"] = id.json
            members["method"] = .string(method)
            members["params"] = params
        case .notification(let method, let params):
            members["method"] = .string(method)
            members["params"] = params
        case .success(let id, let result):
            members["id"] = id.json
            members["result"] = result
        case .failure(let id, let error):
            members["id"] = id?.json ?? .null
            members["error"] = .object(["code": .integer(error.code), "message": .string(error.message)])
        }
        // A JSONValue always encodes: it has only strings, finite numbers and collections of them.
        return ((try? JSONLine.encode(JSONValue.object(members))) ?? Data()) + Data("\n".utf8)
    }
}
