import AgentProtocol
import NIOHTTP1
import Testing

@testable import SystemSupport

@Suite("The API's description")
struct OpenAPITests {
    @Test("It is served to anybody, and holds together")
    func served() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            let reply = try await sam.call(.GET, "/api/openapi.json", as: "")
            #expect(reply.status == 200)
            #expect(reply.contentType == "application/json")
            let description = try APIDescription(reply.json)
            #expect(try await sam.call(.GET, "/api/v1/server")["version"] == description.document["info"]?["version"])

            for reference in references(in: description.document) {
                #expect(description.document.target(of: reference) != nil, "\(reference) leads nowhere")
            }
            let names = description.operations.compactMap { $0.description["operationId"]?.string }
            #expect(names.count == description.operations.count)
            #expect(Set(names).count == names.count)
            for operation in description.operations {
                let about = Comment(rawValue: "\(operation.method) \(operation.template)")
                let parameters = operation.template.matches(of: /\{([^}]*)\}/).map { String($0.1) }
                #expect(description.parameters(of: operation, in: "path") == Set(parameters), about)
                #expect(operation.description["summary"]?.string?.isEmpty == false, about)
                #expect(operation.description["responses"]?["default"] != nil, about)
            }
        }
    }

    @Test("What the server answers agrees with it, and the same answer with one thing changed does not")
    func answers() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            let description = try APIDescription(try await sam.call(.GET, "/api/openapi.json", as: "").json)
            func disagreement(_ method: String, _ path: String, _ reply: Reply, _ body: JSONValue? = nil, status: Int? = nil) -> String? {
                description.disagreement(
                    method: method, path: path, status: status ?? reply.status, contentType: reply.contentType, body: body ?? reply.json)
            }
            let path = "/api/v1/me"
            let me = try await sam.call(.GET, path)
            var members = try #require(me.json.members)
            #expect(disagreement("GET", path, me) == nil)
            #expect(disagreement("GET", path + "?x=y", me) == nil)

            members["password"] = "none"
            #expect(disagreement("GET", path, me, .object(members)) == "GET /api/v1/me → 200: $.password is not described.")
            members["password"] = nil
            members["role"] = nil
            #expect(disagreement("GET", path, me, .object(members)) == "GET /api/v1/me → 200: $ lacks role.")
            members["role"] = "king"
            #expect(disagreement("GET", path, me, .object(members))?.contains("$.role is none of the values that are described") == true)

            #expect(disagreement("GET", path, me, status: 202) == "GET /api/v1/me → 202: the status is not described.")
            #expect(disagreement("GET", "/api/v1/you", me) == "/api/v1/you is not described.")
            #expect(disagreement("DELETE", path, me) == "DELETE /api/v1/me is not described.")

            let nobody = try await sam.call(.GET, path, as: "")
            #expect(nobody.status == 401)
            #expect(disagreement("GET", path, nobody) == nil)
            #expect(disagreement("GET", path, nobody, status: 200)?.contains("the content type") == true)
        }
    }

    // MARK: - The check itself

    struct Case: Sendable, CustomTestStringConvertible {
        var method = "GET"
        var path: String
        var status = 200
        var contentType = "application/json; charset=utf-8"
        var body: String?
        /// What the check says, behind the operation.
        var says: String?

        var testDescription: String { "\(method) \(path) \(status) \(body ?? "without a body")" }
    }

    @Test(
        "The check says in which place an answer is another than described",
        arguments: [
            Case(path: "/things", body: #"{"things":[{"id":"a","count":1},{"id":"b","count":2.0,"size":"small"}]}"#),
            Case(
                path: "/things", body: #"{"things":[{"id":"a","count":1},{"id":"b","count":2.5}]}"#,
                says: "$.things[1].count is no integer: 2.5"),
            Case(path: "/things", body: #"{"things":[{"count":1}]}"#, says: "$.things[0] lacks id."),
            Case(path: "/things", body: #"{"things":[{"id":null,"count":1}]}"#, says: "$.things[0].id is no string: null"),
            Case(path: "/things", body: #"{"things":[{"id":"a","count":1,"sise":""}]}"#, says: "$.things[0].sise is not described."),
            Case(
                path: "/things", body: #"{"things":[{"id":"a","count":1,"size":"huge"}]}"#,
                says: "$.things[0].size is none of the values that are described: \"huge\""),
            Case(path: "/things", body: #"{"things":[],"free":{"x":[1,null]}}"#),
            Case(path: "/things", body: #"{"things":{}}"#, says: "$.things is no array: {}"),
            Case(path: "/things", body: "[]", says: "$ is no object: []"),
            Case(path: "/things", says: "the content is no JSON."),
            Case(path: "/things", contentType: "text/plain", body: "{}", says: "the content type “text/plain” is not described."),
            Case(path: "/things", status: 204, contentType: "", says: "the status is not described."),
            Case(path: "/things", status: 404, contentType: "application/problem+json", body: #"{"type":"about:blank"}"#),
            Case(
                path: "/things", status: 404, contentType: "application/problem+json", body: #"{"type":"other"}"#,
                says: "$.type is not \"about:blank\" but \"other\"."),
            Case(path: "/things", status: 404, body: "{}", says: "the content type “application/json; charset=utf-8” is not described."),
            Case(method: "DELETE", path: "/things/7", status: 204, contentType: ""),
            Case(method: "DELETE", path: "/things/7", status: 204, body: "{}", says: "no content is described, and there is some."),
            Case(method: "DELETE", path: "/things/7", status: 404, contentType: "", says: "the status is not described."),
            Case(method: "DELETE", path: "/things/all", status: 204, contentType: "", says: "DELETE /things/all is not described."),
            Case(path: "/things/all", contentType: "text/plain"),
            Case(path: "/things/", says: "/things/ is not described."),
            Case(path: "/odd", body: "1", says: "$: this check does not know the schema's keyword “minimum”."),
        ])
    func check(_ this: Case) throws {
        let description = try APIDescription(JSONLine.decode(from: Self.small))
        let body: JSONValue? = try this.body.map { try JSONLine.decode(from: $0) }
        let disagreement = description.disagreement(
            method: this.method, path: this.path, status: this.status, contentType: this.contentType, body: body)
        #expect(disagreement?.split(separator: " → \(this.status): ").last.map(String.init) == this.says)
    }

    private static let small = #"""
        {
          "openapi": "3.1.0",
          "paths": {
            "/things": {"get": {"responses": {
              "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Things"}}}},
              "default": {"$ref": "#/components/responses/a~1problem"}
            }}},
            "/things/{id}": {"delete": {"responses": {"204": {"description": "Gone."}}}},
            "/things/all": {"get": {"responses": {"200": {"content": {"text/plain": {"schema": {"type": "string"}}}}}}},
            "/odd": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"minimum": 2}}}}}}}
          },
          "components": {
            "responses": {"a/problem": {"content": {"application/problem+json": {
              "schema": {"type": "object", "properties": {"type": {"const": "about:blank"}}}
            }}}},
            "schemas": {
              "Things": {
                "type": "object", "additionalProperties": false, "required": ["things"],
                "properties": {"things": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}, "free": {}}
              },
              "Thing": {
                "type": "object", "additionalProperties": false, "required": ["id", "count"],
                "properties": {
                  "id": {"type": "string"}, "count": {"type": "integer", "description": "How many."},
                  "size": {"type": ["string", "null"], "enum": ["small", null]}
                }
              }
            }
          }
        }
        """#

    // MARK: - Parts

    /// Every reference in a document.
    private func references(in value: JSONValue) -> Set<String> {
        switch value {
        case .object(let members):
            members.reduce(into: []) { found, member in
                if member.key == "$ref", let reference = member.value.string { found.insert(reference) }
                found.formUnion(references(in: member.value))
            }
        case .array(let elements): elements.reduce(into: []) { $0.formUnion(references(in: $1)) }
        case .null, .bool, .integer, .number, .string: []
        }
    }
}
