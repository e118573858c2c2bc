import Foundation

/// An image that is sent to an agent with a prompt.
public struct PromptImage: Sendable, Hashable, Codable {
    /// The types that every agent's model accepts.
    public enum MediaType: String, Sendable, Codable, CaseIterable {
        /// PNG.
        case png = "image/png"
        /// JPEG.
        case jpeg = "image/jpeg"
        /// GIF.
        case gif = "image/gif"
        /// WebP.
        case webp = "image/webp"
    }

    /// The most images of one prompt.
    public static let countLimit = 8
    /// The most bytes of one image: models accept 5 MB in base64.
    public static let sizeLimit = 3_750_000
    /// The most bytes of all images of one prompt.
    public static let totalLimit = 8_000_000

    /// The image's type.
    public var mediaType: MediaType
    /// The image's bytes.
    public var data: Data

    /// Creates an image without checking it.
    public init(mediaType: MediaType, data: Data) {
        self.mediaType = mediaType
        self.data = data
    }

    /// Creates an image with the type that its first bytes show; `nil` for other types.
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
