import Accounts
import ArgumentParser

/// The command that was meant by a word that is none.
enum CommandHint {
    /// Looks along what was typed for the first word that is no command where one has to be.
    ///
    /// - Returns: what to type instead; `nil` when nothing is near.
    static func meant(by arguments: [String], _ root: any ParsableCommand.Type = Sam.self) -> String? {
        var type = root
        var words = ["sam"]
        for argument in arguments {
            let commands = type.configuration.subcommands
            guard !argument.hasPrefix("-"), !commands.isEmpty else { return nil }
            guard let command = commands.first(where: { name(of: $0) == argument }) else {
                return Nearest.word(to: argument, among: commands.map(name)).map { (words + [$0]).joined(separator: " ") }
            }
            type = command
            words.append(argument)
        }
        return nil
    }

    private static func name(of command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? command._commandName
    }
}
