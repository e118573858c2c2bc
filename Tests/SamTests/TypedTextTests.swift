import API
import ArgumentParser
import Foundation
import Testing

@testable import sam

@Suite("A task as it is typed, or read from standard input")
struct TypedTextTests {
    @Test(
        "A dash alone is standard input, and words are what they are",
        arguments: [(["-"], true), (["-", "x"], false), (["--"], false), ([], false), (["Fix", "it"], false)])
    func dash(_ words: [String], _ isInput: Bool) throws {
        let text = TypedText(words)
        #expect(text.isInput == isInput)
        if !isInput { #expect(try text.read() == words.joined(separator: " ")) }
    }

    @Test(
        "Standard input loses only the newlines at its end",
        arguments: [("Go.\n", "Go."), ("a\n\nb\r\n\n", "a\n\nb"), ("  x ", "  x "), ("ümläut", "ümläut")])
    func text(_ input: String, _ text: String) throws {
        #expect(try TypedText.text(Data(input.utf8)) == text)
    }

    @Test("What is empty, too long or no text is refused with what to do", arguments: ["empty", "blank", "long", "bytes"])
    func refused(_ kind: String) {
        let (bytes, words): (Data, String) =
            switch kind {
            case "empty": (Data(), "is empty")
            case "blank": (Data("\n \n".utf8), "is empty")
            case "long": (Data(repeating: 0x61, count: TypedText.limit + 1), "longer than 1024 KiB")
            default: (Data([0xff, 0xfe]), "no text in UTF-8")
            }
        let error = #expect(throws: APIClient.Failure.self) { try TypedText.text(bytes) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test(
        "What is empty where a path or name belongs is named as the mistake",
        arguments: [
            (["run", "--repo", ".", "--attach", "", "x"], "--attach is empty"),
            (["sessions", "prompt", "s", "--attach", "", "x"], "--attach is empty"),
            (["backup", ""], "path is empty"), (["restore", ""], "path is empty"), (["projects", "add", ""], "repository is empty"),
            (["projects", "add", ".", "--name", ""], "--name is empty"), (["run", "--repo", ""], "--repo is empty"),
            (["serve", "--remote", "0.0.0.0:1", "--certificate", "", "--key", "k"], "--certificate is empty"),
        ])
    func empty(_ arguments: [String], _ words: String) {
        #expect {
            _ = try Sam.parseAsRoot(arguments)
        } throws: { error in
            Sam.fullMessage(for: error).contains(words)
        }
    }
}
