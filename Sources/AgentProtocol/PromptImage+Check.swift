import Foundation

extension PromptImage {
    /// Why an image can't go with a prompt, in a sentence that names it.
    public struct Refusal: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// Takes an image as a person gave it.
    ///
    /// - Parameters:
    ///   - name: what a refusal calls it.
    ///   - declared: the media type that it was said to have.
    /// - Throws: ``Refusal`` when it is too large, of another kind, or not what it was said to be.
    public init(checking data: Data, name: String, declared: String? = nil) throws(Refusal) {
        guard !data.isEmpty else { throw Refusal(description: "\(name) is empty.") }
        guard data.count <= Self.sizeLimit else {
            throw Refusal(description: "\(name) is larger than \(Self.sizeLimit / 1_000) kB, the most that a model takes of one image.")
        }
        guard let image = PromptImage(data) else {
            throw Refusal(description: "\(name) is no image that agents take: PNG, JPEG, GIF or WebP.")
        }
        guard declared == nil || declared == image.mediaType.rawValue else {
            throw Refusal(description: "\(name) is \(image.mediaType.rawValue), not \((declared ?? "").prefix(80)).")
        }
        self = image
    }

    /// Checks the images of one prompt together.
    ///
    /// - Throws: ``Refusal`` that names the limit.
    public static func check(_ images: [PromptImage]) throws(Refusal) {
        guard images.count <= countLimit else {
            throw Refusal(description: "There are \(images.count) images; a prompt takes at most \(countLimit).")
        }
        guard images.reduce(0, { $0 + $1.data.count }) <= totalLimit else {
            throw Refusal(description: "The images are larger than \(totalLimit / 1_000) kB together, the most of one prompt.")
        }
    }
}
