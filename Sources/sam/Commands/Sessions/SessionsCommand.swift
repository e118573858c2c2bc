import ArgumentParser

struct SessionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "What agents did and do.",
        discussion: """
            EXAMPLES
              sam sessions
              sam sessions watch s_0123456789ab
              sam sessions diff s_0123456789ab
            """,
        subcommands: [
            SessionsList.self, SessionsShow.self, SessionsWatch.self, SessionsPrompt.self, SessionsPrompts.self,
            SessionsEdit.self, SessionsWithdraw.self, SessionsAnswer.self, SessionsCancel.self, SessionsFinish.self, SessionsSalvage.self,
            SessionsResume.self, SessionsDiff.self,
            SessionsLand.self, SessionsRemove.self,
        ],
        defaultSubcommand: SessionsList.self)
}
