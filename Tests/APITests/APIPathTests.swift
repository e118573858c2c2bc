import Testing

@testable import API

@Suite("Paths of the API with names in them")
struct APIPathTests {
    @Test(
        "One with an empty name is refused and the empty part named, wherever it is",
        arguments: [
            ("", "/api/v1/sessions/%", "session's id"), ("", "/api/v1/sessions/%/cancel", "session's id"),
            ("", "/api/v1/sessions/%?force=true", "session's id"), ("", "/api/v1/sessions/s_1/prompts/%", "prompt's id"),
            ("", "/api/v1/projects/%/members", "project's name"), ("", "/api/v1/projects/p/members/%", "user's name"),
            ("", "/api/v1/notifications/%/read", "notification's id"), ("", "/api/v1/settings/%/off", "setting's name"),
            ("", "/api/v1/agents?project=%", "project's name"), ("", "/api/v1/usage?by=model&session=%&since=1", "session's id"),
            ("", "/api/v1/things/%", "name after things"),
        ])
    func empty(_ name: String, _ path: String, _ what: String) {
        let error = #expect(throws: APIClient.Failure.self) { try APIPath(path.replacing("%", with: name.pathSegment)) }
        #expect(error?.description == "The \(what) is empty.")
    }

    @Test(
        "A name stays one segment, whatever is in it",
        arguments: [
            ("s_0123", "s_0123"), ("?x=1", "%3Fx%3D1"), ("a/b", "a%2Fb"), ("..", "%2E%2E"), (".", "%2E"), ("ü", "%C3%BC"), (" ", "%20"),
            ("a&b=c#d", "a%26b%3Dc%23d"), ("a.b", "a.b"),
        ])
    func segment(_ name: String, _ segment: String) throws {
        #expect(try APIPath("/api/v1/sessions/\(name.pathSegment)/events").text == "/api/v1/sessions/\(segment)/events")
    }
}
