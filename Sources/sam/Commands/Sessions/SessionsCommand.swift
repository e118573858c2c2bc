import ArgumentParser

struct SessionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "What agents did and do.",
        subcommands: [
            SessionsList.self, SessionsShow.self, SessionsWatch.self, SessionsPrompt.self, SessionsPrompts.self,
            SessionsEdit.self, SessionsWithdraw.self, SessionsAnswer.self, SessionsCancel.self, SessionsFinish.self, SessionsSalvage.self,
            SessionsResume.self, SessionsDiff.self,
            SessionsLand.self, SessionsRemove.self,
        ],
        defaultSubcommand: SessionsList.self)
}
