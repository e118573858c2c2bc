import Foundation

/// An image that goes to an agent with a prompt.
public struct PromptImage: Sendable, Hashable, Codable {
    /// The kinds that every agent's model takes.
    public enum MediaType: String, Sendable, Codable, CaseIterable {
        case png = "image/png"
        case jpeg = "image/jpeg"
        case gif = "image/gif"
        case webp = "image/webp"
    }

    /// The most images of one prompt.
    public static let countLimit = 8
    /// The most bytes of one image: models take 5 MB in base64.
    public static let sizeLimit = 3_750_000
    /// The most bytes of all images of one prompt.
    public static let totalLimit = 8_000_000

    public var mediaType: MediaType
    public var data: Data

    /// Takes an image as it is.
    public init(mediaType: MediaType, data: Data) {
        self.mediaType = mediaType
        self.data = data
    }

    /// Takes an image whose kind is told by its first bytes; `nil` where they are none of the kinds.
    public init?(_ data: Data) {
        let start = Array(data.prefix(12))
        switch true {
        case start.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]): mediaType = .png
        case start.starts(with: [0xFF, 0xD8, 0xFF]): mediaType = .jpeg
        case start.starts(with: Array("GIF87a".utf8)), start.starts(with: Array("GIF89a".utf8)): mediaType = .gif
        case start.starts(with: Array("RIFF".utf8)) && start.suffix(4) == Array("WEBP".utf8): mediaType = .webp
        default: return nil
        }
        self.data = data
    }
}
