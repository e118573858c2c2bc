extension PriceBook {
    /// Prices copied from the providers' own pages as of 2026-11.
    ///
    /// - https://platform.claude.com/docs/en/about-claude/pricing
    /// - https://developers.openai.com/api/docs/pricing and https://openai.com/api-priority-processing/
    /// - https://ai.google.dev/gemini-api/docs/pricing
    /// - https://docs.mistral.ai/models/
    /// - https://api-docs.deepseek.com/quick_start/pricing: the exchanges are at the weekend, which has no peak hours.
    static let published = PriceBook(models: anthropic + openai + google + mistral + deepseek)

    private static let cent = 10_000_000_000

    private static let anthropic = [
        PublishedModel(
            vendor: .anthropic, names: ["claude-opus-4-8"],
            rates: PublishedRates(5, read: 0.5, write: 6.25, writeLong: 10, output: 25), hasRegion: true, search: cent),
        PublishedModel(
            vendor: .anthropic, names: ["claude-sonnet-4-6"],
            rates: PublishedRates(3, read: 0.3, write: 3.75, writeLong: 6, output: 15), hasRegion: true, search: cent),
        PublishedModel(
            vendor: .anthropic, names: ["claude-haiku-4-5", "claude-haiku-4-5-20251001"],
            rates: PublishedRates(1, read: 0.1, write: 1.25, writeLong: 2, output: 5), search: cent),
        // Reads from its cache cost a fortieth of its input, and not a tenth.
        PublishedModel(
            vendor: .anthropic, names: ["claude-fable-5-1"],
            rates: PublishedRates(10, read: 0.25, write: 12.5, writeLong: 20, output: 50), search: cent),
    ]

    private static let openai = [
        PublishedModel(
            vendor: .openai, names: ["gpt-5.4", "gpt-5.4-2026-03-05"], rates: PublishedRates(2.5, read: 0.25, output: 15),
            tiers: [
                .flex: PublishedTier(
                    PublishedRates(1.25, read: 0.13, output: 7.5), long: PublishedRates(2.5, read: 0.25, output: 11.25)),
                .priority: PublishedTier(PublishedRates(5, read: 0.5, output: 30)),
            ],
            long: (272_000, PublishedRates(5, read: 0.5, output: 22.5)), search: cent),
        PublishedModel(
            vendor: .openai, names: ["gpt-5.4-mini"], rates: PublishedRates(0.75, read: 0.075, output: 4.5),
            tiers: [
                .flex: PublishedTier(PublishedRates(0.375, read: 0.0375, output: 2.25)),
                .priority: PublishedTier(PublishedRates(1.5, read: 0.15, output: 9)),
            ], search: cent),
        PublishedModel(
            vendor: .openai, names: ["gpt-5.1", "gpt-5.1-2025-11-13"], rates: PublishedRates(1.25, read: 0.125, output: 10),
            tiers: [
                .flex: PublishedTier(PublishedRates(0.625, read: 0.0625, output: 5)),
                .priority: PublishedTier(PublishedRates(2.5, read: 0.25, output: 20)),
            ], search: cent),
        PublishedModel(
            vendor: .openai, names: ["gpt-4.1"], rates: PublishedRates(2, read: 0.5, output: 8),
            tiers: [.priority: PublishedTier(PublishedRates(3.5, read: 0.875, output: 14))]),
        PublishedModel(
            vendor: .openai, names: ["gpt-5-search-api"], rates: PublishedRates(1.25, read: 0.125, output: 10), search: cent, isSearch: true
        ),
        PublishedModel(
            vendor: .openai, names: ["text-embedding-3-small"], rates: PublishedRates(0.02, output: 0), purpose: .embedding),
        PublishedModel(
            vendor: .openai, names: ["text-embedding-3-large"], rates: PublishedRates(0.13, output: 0), purpose: .embedding),
    ]

    /// Flex costs half and priority 1.8 times as much; what a cache gives of 2.5 Pro, 2.5 Flash and 3.1 Pro is no cheaper in flex.
    private static let google = [
        PublishedModel(
            vendor: .google, names: ["gemini-2.5-pro"], rates: PublishedRates(1.25, read: 0.125, output: 10),
            tiers: [
                .flex: PublishedTier(
                    PublishedRates(0.625, read: 0.125, output: 5), long: PublishedRates(1.25, read: 0.25, output: 7.5)),
                .priority: PublishedTier(
                    PublishedRates(2.25, read: 0.225, output: 18), long: PublishedRates(4.5, read: 0.45, output: 27)),
            ],
            long: (200_000, PublishedRates(2.5, read: 0.25, output: 15)), search: cent / 2 * 7, searchesOnce: true),
        PublishedModel(
            vendor: .google, names: ["gemini-3.1-pro-preview"], rates: PublishedRates(2, read: 0.2, output: 12),
            tiers: [
                .flex: PublishedTier(PublishedRates(1, read: 0.2, output: 6), long: PublishedRates(2, read: 0.4, output: 9)),
                .priority: PublishedTier(
                    PublishedRates(3.6, read: 0.36, output: 21.6), long: PublishedRates(7.2, read: 0.72, output: 32.4)),
            ],
            long: (200_000, PublishedRates(4, read: 0.4, output: 18)), search: cent / 5 * 7),
        PublishedModel(
            vendor: .google, names: ["gemini-2.5-flash"], rates: PublishedRates(0.3, read: 0.03, output: 2.5),
            tiers: [
                .flex: PublishedTier(PublishedRates(0.15, read: 0.03, output: 1.25)),
                .priority: PublishedTier(PublishedRates(0.54, read: 0.054, output: 4.5)),
            ], sound: 1_000_000, search: cent / 2 * 7, searchesOnce: true),
        PublishedModel(
            vendor: .google, names: ["gemini-embedding-001"], rates: PublishedRates(0.15, output: 0), purpose: .embedding),
    ]

    private static let mistral = [
        PublishedModel(vendor: .mistral, names: ["mistral-large-2512"], rates: PublishedRates(0.5, read: 0.05, output: 1.5)),
        PublishedModel(vendor: .mistral, names: ["mistral-medium-2604"], rates: PublishedRates(1.5, read: 0.15, output: 7.5)),
        PublishedModel(vendor: .mistral, names: ["codestral-2508"], rates: PublishedRates(0.3, read: 0.03, output: 0.9), purpose: .fill),
        PublishedModel(vendor: .mistral, names: ["mistral-embed"], rates: PublishedRates(0.1, output: 0), purpose: .embedding),
    ]

    private static let deepseek = [
        PublishedModel(
            vendor: .deepseek, names: ["deepseek-v4-pro"], rates: PublishedRates(1.32, read: 0.044, output: 3.96),
            offPeak: PublishedRates(0.66, read: 0.022, output: 1.98))
    ]

    /// What the exchanges' projects say that some models cost them. A project's budget counts by that, and by nothing of tiers and regions.
    static let ownOfProject: [String: PublishedRates] = [
        "gpt-5.1": PublishedRates(1, read: 0.1, output: 7),
        "claude-haiku-4-5": PublishedRates(0.8, read: 0.07, write: 1, writeLong: 1.5, output: 4),
        "gemini-2.5-flash": PublishedRates(0.2, read: 0.01, output: 2), "house-llm-7b": PublishedRates(0.05, read: 0.01, output: 0.2),
        "mistral-embed": PublishedRates(0.05, output: 0),
    ]
}
