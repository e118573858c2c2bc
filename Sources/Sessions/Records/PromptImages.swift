import AgentProtocol
import Foundation
import Store

/// The images of prompts in the database, stored until their prompt is answered.
enum PromptImages {
    /// The most bytes of images that may wait in one session.
    static let waitingLimit = 64_000_000

    /// Stores a prompt's images.
    ///
    /// - Throws: ``SessionsError`` when they are too many or too large, or too many bytes wait already; `StoreError`.
    static func keep(_ images: [PromptImage], of prompt: PromptID, in session: SessionID, _ transaction: any Transaction) throws {
        guard !images.isEmpty else { return }
        do throws(PromptImage.Refusal) {
            try PromptImage.check(images)
        } catch {
            throw SessionsError(.invalid, error.description)
        }
        let waiting = try transaction.first(
            "SELECT COALESCE(SUM(size), 0) AS size FROM prompt_images WHERE session_id = $1", session)?.integer("size")
        guard (waiting ?? 0) + images.reduce(0, { $0 + $1.data.count }) <= waitingLimit else {
            throw SessionsError(
                .wrongState,
                "Images of \(waitingLimit / 1_000_000) MB wait in session \(session.rawValue), the most that may. Write again when its agent has answered."
            )
        }
        for (number, image) in images.enumerated() {
            try transaction.execute(
                "INSERT INTO prompt_images (prompt_id, n, session_id, media_type, size, bytes) VALUES ($1, $2, $3, $4, $5, $6)",
                prompt, number, session, image.mediaType.rawValue, image.data.count, [UInt8](image.data))
        }
        try transaction.execute("UPDATE prompts SET images = $1 WHERE id = $2", images.count, prompt)
    }

    /// A prompt's images, in order; `nil` for none.
    static func images(of prompt: PromptID, _ transaction: any Transaction) throws -> [PromptImage]? {
        let images = try transaction.query("SELECT media_type, bytes FROM prompt_images WHERE prompt_id = $1 ORDER BY n", prompt).map {
            row in
            guard case .blob(let bytes) = try row.value("bytes") else {
                throw StoreError(.unexpectedValue, "column bytes does not hold bytes")
            }
            return PromptImage(mediaType: try row.parsed("media_type"), data: Data(bytes))
        }
        return images.isEmpty ? nil : images
    }

    /// Removes images that will not be delivered to an agent any more.
    static func forget(of prompt: PromptID, _ transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM prompt_images WHERE prompt_id = $1", prompt)
    }

    /// Removes the images of prompts that a session never delivered.
    static func forget(in session: SessionID, _ transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM prompt_images WHERE session_id = $1", session)
    }
}

extension PromptState {
    /// Whether the prompt will not be delivered any more.
    var isPast: Bool {
        switch self {
        case .done, .withdrawn, .cancelled, .uncertain: true
        case .kept, .delivered, .answering: false
        }
    }
}
