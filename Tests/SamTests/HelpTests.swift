import ArgumentParser
import Foundation
import Testing

@testable import sam

@Suite("The help of every command")
struct HelpTests {
    /// Every command, with the words that lead to it.
    private static func commands(
        _ type: any ParsableCommand.Type = Sam.self, _ words: [String] = ["sam"]
    ) -> [(words: [String], type: any ParsableCommand.Type)] {
        [(words, type)]
            + type.configuration.subcommands.flatMap { command in
                commands(command, words + [command.configuration.commandName ?? command._commandName])
            }
    }

    /// The lines below the heading.
    private static func examples(in help: String) -> [String] {
        let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.drop { $0.trimmingCharacters(in: .whitespaces) != "EXAMPLES" }.dropFirst()
            .prefix { $0.hasPrefix("  ") }.map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// The arguments of a line as a shell would hand them over, without what it does itself, and without a remark.
    private static func arguments(of line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var blanks = 0
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
                continue
            }
            switch character {
            // Within a word an apostrophe is one.
            case "\"":
                quote = character
                word = word ?? ""
            case " ":
                if let end = word { words.append(end) }
                word = nil
                blanks += 1
                // Behind several blanks stands what it is for.
                if blanks > 1 { return command(words) }
                continue
            default: word = (word ?? "") + String(character)
            }
            blanks = 0
        }
        if let end = word { words.append(end) }
        return command(words)
    }

    private static func command(_ words: [String]) -> [String] {
        Array(
            (words.first == "sudo" ? words.dropFirst() : words[...]).drop { $0.contains("=") && !$0.hasPrefix("-") }.prefix {
                !["<", "|", ">"].contains($0)
            })
    }

    @Test("Each has examples, each of them is of that command or one below it, and its arguments are taken")
    func examples() throws {
        let all = Self.commands()
        #expect(all.count > 60)
        var paths = Set(all.map { $0.words.joined(separator: " ") })
        paths.remove("sam")
        for (words, type) in all {
            let about = words.joined(separator: " ")
            let examples = Self.examples(in: type.helpMessage(columns: 1_000))
            #expect(!examples.isEmpty, "`\(about) --help` has no examples")
            for example in examples {
                let arguments = Self.arguments(of: example)
                let isOwn = arguments.starts(with: words) || Array(arguments.prefix(2)) == Array(words.prefix(2))
                #expect(isOwn, "\(about): \(example)")
                #expect(throws: Never.self, "\(about): \(example)") { _ = try Sam.parseAsRoot(Array(arguments.dropFirst())) }
            }
        }
    }

    @Test(
        "What a shell does itself, and remarks, are no arguments",
        arguments: [
            ("sam credentials set openai --project nio < key.txt", ["sam", "credentials", "set", "openai", "--project", "nio"]),
            ("SAM_HOME=/srv/sam sam serve --host 0.0.0.0", ["sam", "serve", "--host", "0.0.0.0"]),
            ("sam run --repo . \"Let's go on\"  and more", ["sam", "run", "--repo", ".", "Let's go on"]),
            ("sam sessions answer s --item 2=\"none of these\"", ["sam", "sessions", "answer", "s", "--item", "2=none of these"]),
            ("sam sessions diff s | git apply", ["sam", "sessions", "diff", "s"]), ("sam users add \"\"", ["sam", "users", "add", ""]),
        ])
    func shell(_ line: String, _ words: [String]) {
        #expect(Self.arguments(of: line) == words)
    }

    @Test(
        "A task of which nothing is seen is refused, and one of which something is, or none, is taken",
        arguments: [
            ([""], false), ([" "], false), (["\n\t"], false), (["", ""], false), (["\u{200b}"], false), (["\u{00a0}\u{feff}"], false),
            ([], true), (["Go."], true), (["", "Go."], true), (["0"], true), (["\u{200b}x"], true), (["🦊"], true),
        ])
    func blank(_ task: [String], _ isTaken: Bool) {
        let parse = { _ = try Sam.parseAsRoot(["run", "--repo", "."] + task) }
        if isTaken {
            #expect(throws: Never.self) { try parse() }
        } else {
            #expect { try parse() } throws: { Sam.fullMessage(for: $0).contains("The task is empty") }
        }
    }

    @Test(
        "A mistyped option, command or word is named with what may have been meant",
        arguments: [
            (["run", "--repository", "."], "--repo"), (["run", "--repo", ".", "--agnet", "scout"], "--agent"),
            (["run", "--repo", ".", "--permissions", "edit"], "edits"), (["usage", "--by", "modle"], "model"),
            (["budget", "set", "5", "--per", "week"], "month"),
            (["projects", "sandbox", "p", "bubblewarp"], "bubblewrap"), (["sessions", "list", "--limit", "0"], "all"),
        ])
    func typos(_ arguments: [String], _ meant: String) {
        #expect {
            _ = try Sam.parseAsRoot(arguments)
        } throws: { error in
            Sam.fullMessage(for: error).contains(meant)
        }
    }

    @Test(
        "A mistyped command is named with the nearest at its place, and a word that resembles none gets no suggestion",
        arguments: [
            (["sesions"], "sam sessions"), (["session", "list"], "sam sessions"), (["sessions", "lst"], "sam sessions list"),
            (["sessions", "remove", "s_1"], nil), (["projects", "ad", "."], "sam projects add"), (["credential"], "sam credentials"),
            (["serv", "--port", "0"], "sam serve"), (["xyzzy"], nil), (["run", "rnu"], nil), (["--jsn"], nil), ([], nil),
            (["sessions", "list"], nil),
        ] as [([String], String?)])
    func commands(_ arguments: [String], _ meant: String?) {
        #expect(CommandHint.meant(by: arguments) == meant)
    }
}
