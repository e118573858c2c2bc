import API
import Accounts
import AgentProtocol
import Foundation
import HTTPTypes
import Workspaces

extension NewChanges {
    /// Decodes the changes.
    ///
    /// - Throws: `Problem` or `WorkspaceError` if they are invalid.
    func checked(for project: Project) throws -> CarriedChanges {
        guard case .local = try RepositoryLocation(project.repository) else {
            throw Problem(.badRequest, "Changes are brought from a repository on the server's machine; \(project.name) has another.")
        }
        guard let data = Data(base64Encoded: pack) else { throw Problem(.badRequest, "The pack of the changes is not in base64.") }
        return try CarriedChanges(commit: commit, pack: data)
    }
}

extension Array where Element == NewImage {
    /// Decodes and checks the images.
    ///
    /// - Throws: `Problem` that names the first invalid image, or the limit.
    func checked() throws -> [PromptImage] {
        do {
            let images = try enumerated().map { number, image in
                guard let data = Data(base64Encoded: image.data) else {
                    throw Problem(.badRequest, "The data of image \(number + 1) is not in base64.")
                }
                return try PromptImage(checking: data, name: "Image \(number + 1)", declared: image.mediaType)
            }
            try PromptImage.check(images)
            return images
        } catch let refusal as PromptImage.Refusal {
            throw Problem(.badRequest, refusal.description)
        }
    }
}
