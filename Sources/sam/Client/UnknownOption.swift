import Accounts
import ArgumentParser
import Foundation

/// An option that was mistyped. The parser does not always name it: what is missing in its place is told first.
struct UnknownOption: Equatable {
    let typed: String
    let meant: String

    /// Looks for the first option that the command does not have and that is near to one that it has.
    init?(in arguments: [String], _ root: any ParsableCommand.Type = Sam.self) {
        var type = root
        var typed: [String] = []
        var takesValue = Set<String>()
        var isValue = false
        for argument in arguments {
            if argument == "--" { break }
            if argument.hasPrefix("--") {
                let name = String(argument.prefix { $0 != "=" })
                typed.append(name)
                isValue = takesValue.contains(name) && !argument.contains("=")
            } else if isValue {
                isValue = false
            } else if let command = type.configuration.subcommands.first(where: { CommandHint.name(of: $0) == argument }) {
                type = command
                takesValue = Set(Self.options(of: command).filter(\.takesValue).flatMap(\.names))
            }
        }
        if let usual = type.configuration.defaultSubcommand { type = usual }
        let names = Self.options(of: type).flatMap(\.names) + ["--help", "--version"]
        for option in typed where !names.contains(option) {
            guard let near = Nearest.word(to: String(option.dropFirst(2)), among: names.map { String($0.dropFirst(2)) }) else { continue }
            self.typed = option
            meant = "--" + near
            return
        }
        return nil
    }

    private struct Option {
        var names: [String]
        var takesValue: Bool
    }

    private struct Description: Decodable {
        struct Command: Decodable { var arguments: [Argument]? }
        struct Argument: Decodable {
            struct Name: Decodable {
                var kind: String
                var name: String
            }
            var kind: String
            var names: [Name]?
        }
        var command: Command
    }

    /// The long options of a command, from the parser's own description of it.
    private static func options(of type: any ParsableCommand.Type) -> [Option] {
        guard let description = try? JSONDecoder().decode(Description.self, from: Data(type._dumpHelp().utf8)) else { return [] }
        return (description.command.arguments ?? []).map { argument in
            Option(
                names: (argument.names ?? []).filter { $0.kind == "long" }.map { "--\($0.name)" }, takesValue: argument.kind == "option")
        }
    }
}
