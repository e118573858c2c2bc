import Accounts
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

    @Test("At 80 columns no line is longer, no example is broken, and no sentence ends a line before its words do")
    func width() {
        for (words, type) in Self.commands() {
            let about = words.joined(separator: " ")
            let help = HelpText.wrapped(type.helpMessage(columns: 80), to: 80)
            let lines = help.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            for line in lines { #expect(line.count <= 80, "\(about): \(line)") }
            for example in Self.examples(in: type.helpMessage(columns: 1_000)) {
                #expect(lines.contains("  " + example), "\(about): \(example)")
            }
            // Above the examples is prose: a line ends there only where the next word has no room.
            for (line, next) in zip(lines, lines.dropFirst()).prefix(while: { $0.1 != "EXAMPLES" }) where !line.isEmpty {
                guard let word = next.split(separator: " ").first else { continue }
                #expect(line.count + 1 + word.count >= 80, "\(about): \(line)")
            }
        }
    }

    private struct Dump: Decodable {
        struct Argument: Decodable {
            var valueName: String?
            var abstract: String?
            var shouldDisplay: Bool
        }
        struct Command: Decodable { var arguments: [Argument]? }
        var command: Command
    }

    @Test("The help of every option and argument is a sentence")
    func sentences() throws {
        var count = 0
        for (words, type) in Self.commands() {
            let dump = try JSONDecoder().decode(Dump.self, from: Data(type._dumpHelp().utf8))
            for argument in dump.command.arguments ?? [] where argument.shouldDisplay {
                let help = argument.abstract ?? ""
                let isSentence = help.hasSuffix(".") && help.first?.isUppercase == true && help.contains(" ")
                #expect(isSentence, "\(words.joined(separator: " ")) \(argument.valueName ?? ""): \(help)")
                count += 1
            }
        }
        #expect(count > 200)
    }

    @Test(
        "A usage line is broken between arguments and within none, and other lines stay as they are",
        arguments: [
            ("USAGE: sam x", "USAGE: sam x"),
            ("USAGE: sam xx [--aa <aa> ...] --bb <bb> <cc>", "USAGE: sam xx\n       [--aa <aa> ...]\n       --bb <bb> <cc>"),
            ("Usage: sam xxxxxxxxxx yyyyyyyyyyy", "Usage: sam xxxxxxxxxx\n       yyyyyyyyyyy"), ("", ""),
            ("A line that is longer than that, but no usage\n", "A line that is longer than that, but no usage\n"),
        ])
    func usage(_ text: String, _ wrapped: String) {
        #expect(HelpText.wrapped(text, to: 24) == wrapped)
    }

    @Test(
        "What is acted on is an argument: a key's name is one, and its earlier spelling as an option is taken, but not both, and not none",
        arguments: [
            (["laptop"], true), (["--name", "laptop"], true), (["--name=laptop"], true), ([], false), (["a", "--name", "b"], false),
            (["a", "b"], false),
        ])
    func keyName(_ arguments: [String], _ isTaken: Bool) {
        let parsed = try? Sam.parseAsRoot(["keys", "create"] + arguments)
        #expect((parsed != nil) == isTaken)
    }

    @Test(
        "What is set without an option is one's own, everywhere; what can only be set for everybody is set for everybody",
        arguments: [
            ([], Scope.allCases, .user), (["--project", "p"], Scope.allCases, .project),
            (["--scope", "platform"], Scope.allCases, .platform),
            (["--scope", "user"], Scope.allCases, .user), ([], [.platform], .platform), ([], [.project, .platform], .platform),
            (["--project", "p"], [.platform], .project), ([], [], .platform),
        ] as [([String], [Scope], Scope)])
    func layers(_ options: [String], _ allowed: [Scope], _ scope: Scope) throws {
        #expect(try LayerOptions.parse(options).layer(allowed: allowed) == scope)
        // Settings, credentials and budgets have the same options.
        for command in [["settings", "set", "k", "v"], ["credentials", "set", "openai"], ["budget", "set", "5"]] {
            #expect(throws: Never.self) { _ = try Sam.parseAsRoot(command + options) }
        }
    }

    @Test(
        "Every change of a layer is confirmed with the scope at which it was made",
        arguments: [
            (LayerAct.set(to: "5"), Scope.user, nil, "k is set to 5 at the user scope."),
            (.off, .project, "site", "k is turned off at the project scope (site)."),
            (.on, .platform, nil, "k is turned on again at the platform scope."),
            (.clear, .user, nil, "k is cleared at the user scope, which says nothing about it any more."),
            (.set(to: "\u{1b}[2J"), .user, nil, "k is set to ^[[2J at the user scope."),
        ] as [(LayerAct, Scope, String?, String)])
    func confirmed(_ act: LayerAct, _ scope: Scope, _ project: String?, _ sentence: String) {
        #expect(act.sentence("k", at: scope, project: project).rendered(colour: false) == sentence)
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
