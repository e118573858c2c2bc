import ArgumentParser

@main
struct SamRunner: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sam-runner",
        abstract: "Owns one of SAM's agents. Started by sam; you don't need to run it yourself.",
        subcommands: [Run.self, Inside.self, Relay.self, Enter.self, Tools.self, Once.self, Gather.self, UploadPack.self])
}
