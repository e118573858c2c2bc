// The format of each path that takes a POST, PUT or PATCH, with its source. Requests that only read or delete are free everywhere.
extension PathTable {
    static let anthropic = PathTable([
        Group(format: .messages, source: "https://platform.claude.com/docs/en/api/messages", paths: ["messages"]),
        Group(
            format: .free, source: "https://platform.claude.com/docs/en/api/messages-count-tokens", paths: ["messages/count_tokens"]),
        Group(format: .later, source: "https://platform.claude.com/docs/en/api/creating-message-batches", paths: ["messages/batches"]),
        Group(
            format: .free, source: "https://platform.claude.com/docs/en/api/canceling-message-batches",
            paths: ["messages/batches/*/cancel"]),
        Group(format: .free, source: "https://platform.claude.com/docs/en/api/files-create", paths: ["files"]),
        Group(
            format: .free, source: "https://platform.claude.com/docs/en/api/skills/create-skill", paths: ["skills", "skills/*/versions"]),
        Group(format: .free, source: "https://code.claude.com/docs/en/llm-gateway-protocol", paths: ["api/hello"]),
    ])

    static let openai = PathTable([
        Group(format: .chat, source: "https://platform.openai.com/docs/api-reference/chat/create", paths: ["chat/completions"]),
        Group(format: .chat, source: "https://platform.openai.com/docs/api-reference/completions/create", paths: ["completions"]),
        Group(
            format: .responses, source: "https://platform.openai.com/docs/api-reference/responses",
            paths: ["responses", "responses/compact"]),
        Group(
            format: .free, source: "https://platform.openai.com/docs/api-reference/responses",
            paths: ["responses/input_tokens", "responses/*/cancel"]),
        Group(format: .free, source: "https://platform.openai.com/docs/api-reference/chat/update", paths: ["chat/completions/*"]),
        Group(
            format: .free, source: "https://platform.openai.com/docs/api-reference/conversations",
            paths: ["conversations", "conversations/*", "conversations/*/items"]),
        Group(format: .embeddings, source: "https://platform.openai.com/docs/api-reference/embeddings", paths: ["embeddings"]),
        Group(format: .free, source: "https://platform.openai.com/docs/guides/moderation", paths: ["moderations"]),
        Group(format: .free, source: "https://platform.openai.com/docs/api-reference/files", paths: ["files"]),
        Group(
            format: .free, source: "https://platform.openai.com/docs/api-reference/uploads",
            paths: ["uploads", "uploads/*/parts", "uploads/*/complete", "uploads/*/cancel"]),
        Group(
            format: .free, source: "https://platform.openai.com/docs/api-reference/vector-stores",
            paths: [
                "vector_stores", "vector_stores/*", "vector_stores/*/files", "vector_stores/*/files/*", "vector_stores/*/file_batches",
                "vector_stores/*/file_batches/*/cancel",
            ]),
        Group(format: .later, source: "https://platform.openai.com/docs/api-reference/batch", paths: ["batches"]),
        Group(format: .free, source: "https://platform.openai.com/docs/api-reference/batch/cancel", paths: ["batches/*/cancel"]),
        Group(
            format: .later, source: "https://platform.openai.com/docs/api-reference/fine-tuning/create",
            paths: ["fine_tuning/jobs", "fine_tuning/alpha/graders/run"]),
        Group(
            format: .free, source: "https://platform.openai.com/docs/api-reference/fine-tuning",
            paths: [
                "fine_tuning/jobs/*/cancel", "fine_tuning/jobs/*/pause", "fine_tuning/checkpoints/*/permissions",
                "fine_tuning/alpha/graders/validate",
            ]),
        Group(
            format: .later, source: "https://platform.openai.com/docs/api-reference/fine-tuning/resume",
            paths: ["fine_tuning/jobs/*/resume"]),
        Group(
            format: .free, source: "https://platform.openai.com/docs/api-reference/assistants",
            paths: [
                "assistants", "assistants/*", "threads", "threads/*", "threads/*/messages", "threads/*/messages/*", "threads/*/runs/*",
                "threads/*/runs/*/cancel",
            ]),
        Group(
            format: .later, source: "https://platform.openai.com/docs/api-reference/runs",
            paths: ["threads/runs", "threads/*/runs", "threads/*/runs/*/submit_tool_outputs"]),
        Group(
            format: .free, source: "https://platform.openai.com/docs/api-reference/evals",
            paths: ["evals", "evals/*", "evals/*/runs/*"]),
        Group(format: .later, source: "https://platform.openai.com/docs/api-reference/evals/createRun", paths: ["evals/*/runs"]),
        Group(format: .later, source: "https://platform.openai.com/docs/api-reference/containers", paths: ["containers"]),
        Group(
            format: .free, source: "https://platform.openai.com/docs/api-reference/container-files", paths: ["containers/*/files"]),
        Group(
            format: .later, source: "https://platform.openai.com/docs/api-reference/realtime",
            paths: [
                "realtime/sessions", "realtime/transcription_sessions", "realtime/client_secrets", "realtime/translations/client_secrets",
                "realtime/calls", "chatkit/sessions",
            ]),
        Group(
            format: .media, source: "https://platform.openai.com/docs/api-reference/images",
            paths: ["images/generations", "images/edits", "images/variations"]),
        Group(
            format: .media, source: "https://platform.openai.com/docs/api-reference/audio",
            paths: ["audio/speech", "audio/transcriptions", "audio/translations"]),
        Group(
            format: .media, source: "https://platform.openai.com/docs/api-reference/videos",
            paths: ["videos", "videos/*/remix", "videos/edits", "videos/extensions"]),
    ])

    static let mistral = PathTable([
        Group(
            format: .chat, source: "https://docs.mistral.ai/api/", paths: ["chat/completions", "fim/completions", "agents/completions"]),
        Group(
            format: .chat, source: "https://docs.mistral.ai/api/endpoint/beta/conversations",
            paths: ["conversations", "conversations/*", "conversations/*/restart"]),
        Group(
            format: .embeddings, source: "https://docs.mistral.ai/api/",
            paths: ["embeddings", "moderations", "chat/moderations", "classifications", "chat/classifications"]),
        Group(format: .media, source: "https://docs.mistral.ai/api/endpoint/ocr", paths: ["ocr"]),
        Group(
            format: .media, source: "https://docs.mistral.ai/api/endpoint/audio", paths: ["audio/transcriptions", "audio/speech"]),
        Group(format: .free, source: "https://docs.mistral.ai/api/endpoint/files", paths: ["files"]),
        Group(format: .free, source: "https://docs.mistral.ai/api/endpoint/beta/agents", paths: ["agents", "agents/*"]),
        Group(format: .later, source: "https://docs.mistral.ai/api/endpoint/batch", paths: ["batch/jobs"]),
        Group(format: .free, source: "https://docs.mistral.ai/api/endpoint/batch", paths: ["batch/jobs/*/cancel"]),
        Group(
            format: .later, source: "https://docs.mistral.ai/api/endpoint/deprecated/fine-tuning",
            paths: ["fine_tuning/jobs", "fine_tuning/jobs/*/start"]),
        Group(
            format: .free, source: "https://docs.mistral.ai/api/endpoint/deprecated/fine-tuning", paths: ["fine_tuning/jobs/*/cancel"]),
    ])

    /// OpenAI-compatible APIs: https://api-docs.deepseek.com, https://console.groq.com/docs/api-reference,
    /// https://openrouter.ai/docs/api-reference/overview, https://docs.x.ai/docs/api-reference,
    /// https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html.
    static let compatible = PathTable([
        Group(
            format: .chat, source: "https://api-docs.deepseek.com/api/create-chat-completion",
            paths: ["chat/completions", "completions", "beta/chat/completions", "beta/completions"]),
        Group(
            format: .chat, source: "https://learn.microsoft.com/azure/ai-foundry/openai/reference",
            paths: ["openai/deployments/*/chat/completions", "openai/deployments/*/completions"]),
        Group(
            format: .responses, source: "https://docs.x.ai/docs/api-reference#create-new-response",
            paths: ["responses", "responses/compact"]),
        Group(
            format: .free, source: "https://platform.openai.com/docs/api-reference/responses/cancel", paths: ["responses/*/cancel"]),
        Group(
            format: .messages, source: "https://openrouter.ai/docs/api-reference/anthropic-messages/create-messages", paths: ["messages"]),
        Group(
            format: .embeddings, source: "https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
            paths: ["embeddings", "moderations", "openai/deployments/*/embeddings"]),
        Group(
            format: .free, source: "https://console.groq.com/docs/api-reference#files", paths: ["files", "batches/*/cancel"]),
        Group(format: .later, source: "https://console.groq.com/docs/api-reference#batches", paths: ["batches"]),
        Group(
            format: .media, source: "https://console.groq.com/docs/api-reference#audio",
            paths: ["audio/speech", "audio/transcriptions", "audio/translations"]),
        Group(
            format: .media, source: "https://docs.x.ai/docs/api-reference#image-generations",
            paths: ["images/generations", "images/edits", "images/variations"]),
    ])

    static let google = PathTable([
        Group(
            format: .gemini, source: "https://ai.google.dev/api/generate-content",
            paths: ["*:generateContent", "*:streamGenerateContent"]),
        Group(format: .free, source: "https://ai.google.dev/api/tokens", paths: ["*:countTokens"]),
        Group(format: .embeddings, source: "https://ai.google.dev/api/embeddings", paths: ["*:embedContent", "*:batchEmbedContents"]),
        Group(
            format: .later, source: "https://ai.google.dev/api/batch-api",
            paths: ["*:batchGenerateContent", "*:asyncBatchEmbedContent"]),
        Group(format: .free, source: "https://ai.google.dev/api/batch-api", paths: ["*:cancel"]),
        Group(
            format: .media, source: "https://ai.google.dev/api/models#method:-models.predict", paths: ["*:predict", "*:predictLongRunning"]),
        Group(format: .free, source: "https://ai.google.dev/api/files", paths: ["files"]),
        Group(format: .later, source: "https://ai.google.dev/api/caching", paths: ["cachedContents"]),
        Group(format: .free, source: "https://ai.google.dev/api/caching#method:-cachedcontents.patch", paths: ["cachedContents/*"]),
        Group(format: .later, source: "https://ai.google.dev/gemini-api/docs/ephemeral-tokens", paths: ["auth_tokens"]),
        Group(
            format: .chat, source: "https://ai.google.dev/gemini-api/docs/openai", paths: ["openai/chat/completions"]),
        Group(format: .embeddings, source: "https://ai.google.dev/gemini-api/docs/openai", paths: ["openai/embeddings"]),
    ])
}
