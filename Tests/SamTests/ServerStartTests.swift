import Testing

@testable import sam

@Suite("A server that could not be started")
struct ServerStartTests {
    @Test(
        "What this start wrote is told, its error alone where it wrote one; a full disk is named, and silence has a next step",
        arguments: [
            ("", false, "it wrote nothing into its log /h/server.log. To see why, start it by hand: sam serve"),
            ("Segmentation fault", false, "\nSegmentation fault"),
            ("! warning\nError: The keys are missing.\nPut them back.\n", false, " The keys are missing.\nPut them back."),
            ("Error: No space left", true, " the disk of /h is full. Free some space on it."),
            ("", true, " the disk of /h is full. Free some space on it."),
        ])
    func sentence(_ written: String, _ isDiskFull: Bool, _ end: String) {
        let sentence = ServerStart.sentence(written, home: "/h", log: "/h/server.log", isDiskFull: isDiskFull)
        #expect(sentence.hasPrefix("The server could not be started:") && sentence.hasSuffix(end), "\(sentence)")
        #expect(!sentence.contains("warning"))
    }
}
