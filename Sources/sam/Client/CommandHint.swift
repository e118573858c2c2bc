import Accounts
import ArgumentParser

/// Suggests a command for a mistyped one.
enum CommandHint {
    /// Finds the first word that should be a command but is none.
    ///
    /// - Returns: the command to type instead; `nil` if none is near.
    static func meant(by arguments: [String], _ root: any ParsableCommand.Type = Sam.self) -> String? {
        typo(in: arguments, root)?.meant
    }

    /// The same, with the word.
    static func typo(in arguments: [String], _ root: any ParsableCommand.Type = Sam.self) -> (word: String, meant: String)? {
        var type = root
        var words = ["sam"]
        for argument in arguments {
            let commands = type.configuration.subcommands
            guard !argument.hasPrefix("-"), !commands.isEmpty else { return nil }
            guard let command = commands.first(where: { name(of: $0) == argument }) else {
                return Nearest.word(to: argument, among: commands.map(name)).map { (argument, (words + [$0]).joined(separator: " ")) }
            }
            type = command
            words.append(argument)
        }
        return nil
    }

    /// The word that calls a command.
    static func name(of command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? command._commandName
    }
}
