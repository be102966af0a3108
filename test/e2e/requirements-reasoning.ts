/** Clauses about where replies come from: models, their failures and their costs. */
export const REASONING_REQUIREMENTS = {
  'P2-reasoning-failed': '5020 in chat.complete where the provider failed (section 2)',
  'P4-provider-cut': 'a reply cut after something was said ends as interrupted, its text kept (section 4)',
  'P4-provider-words': 'a provider’s own words never reach a client (section 4)',
  'P4-provider-cancel': 'chat.cancel stops the provider’s call (section 4)',
  'P4-provider-silence': 'a provider that says nothing is given up in time (configuration)',
  'P4-provider-fallback': 'where a provider fails without a word, the next one is asked (configuration)',
  'P4-usage': 'usage and total_tokens are the provider’s own counts, or estimated and marked so (section 4)',
  'P5-places':
    'beyond the replies that may be written at a time messages wait in their channels, fairly (configuration)',
  'P8-reload-provider':
    'another provider, key or prompt is taken on reload, and replies under way go on (section 8)',
} as const satisfies Record<string, string>;
