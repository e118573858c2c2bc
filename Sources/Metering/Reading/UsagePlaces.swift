/// The fields of a response that affect its cost.
enum UsageField {
    /// The counts that providers report.
    enum Number: Int, CaseIterable {
        case input, output, total, reasoning, webSearches
        /// Tokens read from a cache: OpenAI's field, DeepSeek's two and Moonshot's.
        case cacheRead, cacheHit, cacheMiss, cachedTokens
        /// Tokens written to a cache: Anthropic's total and its parts, and the others' part of the prompt.
        case cacheWrite, cacheWrite5m, cacheWrite1h, written
        // Google counts these separately from their totals; Mistral does so with the last one.
        case thoughts, toolPrompt
        case inputAudio, outputAudio, inputImage, outputImage
        /// The length of a recording.
        case seconds
        /// Sources that xAI's live search used.
        case sources
    }

    /// All other fields.
    enum Mark: Int, CaseIterable {
        case model, type, id, status, background, tier, region, speed
        case cost, upstreamCost, isOwnKey, ticks
        case iterations, promptDetails, candidateDetails, connectors
        /// An error in place of a result.
        case failure
        /// Generated content.
        case words
        /// Why a message, choice or candidate ended, or a prompt was blocked. Without it the model has not stopped.
        case ending
        /// The index of a choice.
        case choice
        /// Items of Responses: those of the whole response, and one that has just ended.
        case item, itemAction, endedItem, endedAction, declaredTool
        /// The type of an Anthropic content block.
        case block
        case query, mapsPlace
    }

    static func field(_ mark: Mark) -> Int { Number.allCases.count + mark.rawValue }
    static func mark(_ field: Int) -> Mark? { Mark(rawValue: field - Number.allCases.count) }
}

/// The paths of the fields in each format, with the providers' references.
enum UsagePlaces {
    typealias Place = (path: String, field: Int, capture: FieldTree.Capture)

    static func tree(_ format: WireFormat) -> FieldTree {
        switch format {
        case .messages: messagesTree
        case .chat: chatTree
        case .responses: responsesTree
        case .gemini: geminiTree
        case .embeddings: embeddingsTree
        case .media: mediaTree
        case .later, .unknown, .free: anythingTree
        }
    }

    private static func numbers(_ prefix: String, _ places: KeyValuePairs<String, UsageField.Number>) -> [Place] {
        places.map { ("\(prefix)\($0.key)", $0.value.rawValue, .scalar) }
    }

    private static func marks(
        _ prefix: String, _ places: KeyValuePairs<String, UsageField.Mark>, _ capture: FieldTree.Capture = .scalar
    ) -> [Place] {
        places.map { ("\(prefix)\($0.key)", UsageField.field($0.value), capture) }
    }

    private static let common = marks("", ["model": .model, "type": .type]) + marks("", ["error": .failure], .any)

    // MARK: - Anthropic

    /// https://platform.claude.com/docs/en/api/messages and https://platform.claude.com/docs/en/build-with-claude/streaming; `speed`:
    /// https://platform.claude.com/docs/en/build-with-claude/fast-mode; `inference_geo`:
    /// https://platform.claude.com/docs/en/build-with-claude/data-residency.
    private static func messagesUsage(_ prefix: String) -> [Place] {
        numbers(
            "\(prefix)usage.",
            [
                "input_tokens": .input, "output_tokens": .output, "cache_read_input_tokens": .cacheRead,
                "cache_creation_input_tokens": .cacheWrite, "cache_creation.ephemeral_5m_input_tokens": .cacheWrite5m,
                "cache_creation.ephemeral_1h_input_tokens": .cacheWrite1h, "output_tokens_details.thinking_tokens": .reasoning,
                "server_tool_use.web_search_requests": .webSearches,
            ])
            + marks("\(prefix)usage.", ["service_tier": .tier, "inference_geo": .region, "speed": .speed])
            + marks("\(prefix)usage.", ["iterations": .iterations], .whole)
    }

    private static let messages =
        common + messagesUsage("message.") + messagesUsage("")
        + marks(
            "", ["message.model": .model, "content.*.type": .block, "content_block.type": .block, "delta.stop_reason": .ending])

    // MARK: - OpenAI's Chat Completions and compatible APIs

    private static func chatUsage(_ prefix: String) -> [Place] {
        numbers(
            "\(prefix)usage.",
            [
                // https://platform.openai.com/docs/api-reference/chat/object. Cache writes are reported from gpt-5.6 on:
                // https://developers.openai.com/api/docs/guides/prompt-caching; also by OpenRouter.
                "prompt_tokens": .input, "completion_tokens": .output, "total_tokens": .total,
                "prompt_tokens_details.cached_tokens": .cacheRead, "prompt_tokens_details.cache_write_tokens": .written,
                "prompt_tokens_details.audio_tokens": .inputAudio, "completion_tokens_details.reasoning_tokens": .reasoning,
                "completion_tokens_details.audio_tokens": .outputAudio,
                // https://api-docs.deepseek.com/api/create-chat-completion
                "prompt_cache_hit_tokens": .cacheHit, "prompt_cache_miss_tokens": .cacheMiss,
                // https://platform.moonshot.ai/docs/api/chat
                "cached_tokens": .cachedTokens,
                // https://docs.x.ai/docs/api-reference#chat-completions
                "num_sources_used": .sources,
                // https://docs.mistral.ai/api/#tag/beta.conversations
                "connector_tokens": .toolPrompt,
            ])
            + costs("\(prefix)usage.") + marks("\(prefix)usage.", ["connectors": .connectors], .whole)
    }

    /// The cost that the provider reports.
    private static func costs(_ prefix: String) -> [Place] {
        marks(
            prefix,
            [
                // https://openrouter.ai/docs/use-cases/usage-accounting
                "cost": .cost, "cost_details.upstream_inference_cost": .upstreamCost, "is_byok": .isOwnKey,
                // https://docs.perplexity.ai/api-reference/chat-completions-post
                "cost.total_cost": .cost,
                // https://docs.x.ai/developers/cost-tracking
                "cost_in_usd_ticks": .ticks,
            ])
    }

    private static let chat =
        common + chatUsage("")
        // Groq's streams: https://console.groq.com/docs/api-reference#chat-create. Moonshot's streams report usage in a choice.
        + chatUsage("x_groq.") + chatUsage("choices.*.")
        + marks(
            "",
            [
                "service_tier": .tier, "choices.*.finish_reason": .ending, "choices.*.index": .choice, "choices.*.delta.content": .words,
                "choices.*.delta.reasoning": .words,
                "choices.*.delta.reasoning_content": .words,
            ])
        + marks("", ["choices.*.delta.tool_calls": .words], .whole)

    // MARK: - OpenAI's Responses

    /// https://platform.openai.com/docs/api-reference/responses/object
    private static func responsesUsage(_ prefix: String) -> [Place] {
        numbers(
            "\(prefix)usage.",
            [
                "input_tokens": .input, "output_tokens": .output, "total_tokens": .total, "input_tokens_details.cached_tokens": .cacheRead,
                "input_tokens_details.cache_write_tokens": .written, "output_tokens_details.reasoning_tokens": .reasoning,
                "num_sources_used": .sources,
            ])
            + costs("\(prefix)usage.")
            + marks(
                prefix,
                [
                    "model": .model, "id": .id, "status": .status, "background": .background, "service_tier": .tier,
                    "output.*.type": .item, "output.*.action.type": .itemAction,
                    "tools.*.type": .declaredTool,
                ])
            + marks(prefix, ["error": .failure], .any)
    }

    private static let responses =
        common + responsesUsage("") + responsesUsage("response.")
        + marks("", ["item.type": .endedItem, "item.action.type": .endedAction])

    // MARK: - Google

    /// https://ai.google.dev/api/generate-content#UsageMetadata and https://ai.google.dev/api/generate-content#GroundingMetadata
    private static func geminiUsage(_ prefix: String) -> [Place] {
        numbers(
            "\(prefix)usageMetadata.",
            [
                "promptTokenCount": .input, "candidatesTokenCount": .output, "cachedContentTokenCount": .cacheRead,
                "thoughtsTokenCount": .thoughts, "toolUsePromptTokenCount": .toolPrompt,
            ])
            + marks("\(prefix)usageMetadata.", ["serviceTier": .tier])
            + marks(
                "\(prefix)usageMetadata.", ["promptTokensDetails": .promptDetails, "candidatesTokensDetails": .candidateDetails], .whole)
            + marks(
                prefix,
                [
                    "modelVersion": .model, "candidates.*.groundingMetadata.webSearchQueries.*": .query,
                    "candidates.*.groundingMetadata.groundingChunks.*.maps.uri": .mapsPlace, "candidates.*.content.role": .words,
                    "candidates.*.finishReason": .ending, "promptFeedback.blockReason": .ending,
                ])
    }

    private static let gemini = geminiUsage("") + geminiUsage("response.") + marks("", ["error": .failure], .any)

    // MARK: - Formats without text output

    /// https://platform.openai.com/docs/api-reference/embeddings and https://ai.google.dev/api/embeddings
    private static let embeddings =
        common + numbers("usage.", ["prompt_tokens": .input]) + costs("usage.") + numbers("usageMetadata.", ["promptTokenCount": .input])

    /// https://platform.openai.com/docs/api-reference/images and https://platform.openai.com/docs/api-reference/audio
    private static let media =
        common
        + numbers(
            "usage.",
            [
                "input_tokens": .input, "output_tokens": .output, "input_tokens_details.image_tokens": .inputImage,
                "input_token_details.audio_tokens": .inputAudio, "output_tokens_details.image_tokens": .outputImage, "seconds": .seconds,
            ]) + costs("usage.")

    private static let messagesTree = FieldTree(messages)
    private static let chatTree = FieldTree(chat)
    private static let responsesTree = FieldTree(responses)
    private static let geminiTree = FieldTree(gemini)
    private static let embeddingsTree = FieldTree(embeddings)
    private static let mediaTree = FieldTree(media)
    private static let anythingTree = FieldTree(messages + chat + responses + gemini)
}
