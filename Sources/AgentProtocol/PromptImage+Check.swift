import Foundation

extension PromptImage {
    /// The reason why an image was refused, in a sentence that names it.
    public struct Refusal: Error, Sendable, CustomStringConvertible {
        /// The sentence.
        public let description: String
    }

    /// Checks an image that a person provides.
    ///
    /// - Parameters:
    ///   - name: the image's name in a refusal.
    ///   - declared: the media type that the sender declared.
    /// - Throws: ``Refusal`` if it is empty, too large, of an unsupported type, or not of the declared type.
    public init(checking data: Data, name: String, declared: String? = nil) throws(Refusal) {
        guard !data.isEmpty else { throw Refusal(description: "\(name) is empty.") }
        guard data.count <= Self.sizeLimit else {
            throw Refusal(description: "\(name) is larger than \(Self.sizeLimit / 1_000) kB, the most that a model takes of one image.")
        }
        guard let image = PromptImage(data) else {
            throw Refusal(description: "\(name) is not an image that agents take: PNG, JPEG, GIF or WebP.")
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
