import API
import AgentProtocol
import ArgumentParser
import Foundation
import Wording

/// The images of a prompt.
struct Attachments: ParsableArguments {
    @Option(name: .customLong("attach"), help: "An image that goes with the prompt: PNG, JPEG, GIF or WebP. Repeat it for several.")
    var files: [String] = []

    func validate() throws {
        guard !files.contains("") else { throw ValidationError("--attach is empty. It takes the path of an image.") }
    }

    /// Reads the images from their files.
    ///
    /// - Returns: `nil` if there are none.
    /// - Throws: `APIClient.Failure` that names the invalid file.
    func images() throws -> [NewImage]? {
        guard !files.isEmpty else { return nil }
        do {
            let images = try files.map { try PromptImage(checking: Self.read($0), name: $0) }
            try PromptImage.check(images)
            return images.map { NewImage($0) }
        } catch let refusal as PromptImage.Refusal {
            throw APIClient.Failure(status: nil, description: refusal.description)
        }
    }

    /// Reads enough of a file to tell whether it is too large.
    private static func read(_ path: String) throws -> Data {
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            defer { try? file.close() }
            return try file.read(upToCount: PromptImage.sizeLimit + 1) ?? Data()
        } catch {
            throw APIClient.Failure(status: nil, description: "\(path) can't be read: \(reason(of: error)).")
        }
    }
}
