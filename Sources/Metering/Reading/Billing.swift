/// What a response reports about its billing apart from tokens.
public struct Billing: Sendable, Hashable {
    /// The service tier that served the request, as the provider names it (`standard`, `default`, `priority`, `flex`, `batch`); `nil` if
    /// not reported.
    public var tier: String?
    /// Where the model ran, as the provider names it (Anthropic's `inference_geo`).
    public var region: String?
    /// The speed that was served (Anthropic's `speed`: `standard` or `fast`).
    public var speed: String?
    /// The cost that the provider reports (OpenRouter's and Perplexity's `usage.cost`, xAI's `cost_in_usd_ticks`).
    public var cost: Money?
    /// How often tools with an extra cost ran at the provider, by the provider's name: `file_search_call`, `code_interpreter_call`,
    /// `image_generation_call`, `web_search_preview` (OpenAI), `code_execution` (Anthropic), `google_maps`, `num_sources_used` (xAI), a
    /// connector's name (Mistral). Tokens with a possible price of their own are here as well: `input_audio_tokens`, `output_audio_tokens`,
    /// `input_image_tokens`, `output_image_tokens`, and the `audio_seconds` of a recording. Web searches with a price per search are in
    /// ``TokenUsage/webSearches``.
    public var tools: [String: Int] = [:]

    /// Nothing reported.
    public init() {}
}
