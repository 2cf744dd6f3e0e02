/** A prompt that contains this is refused with 400 `content_filter`. */
export const promptFilterTrigger = '[[sluice:content-filter]]';
/** A prompt that contains this gets 200 with a completion cut by the filter. */
export const outputFilterTrigger = '[[sluice:output-filter]]';

const safe = { filtered: false, severity: 'safe' } as const;

/** What an unsuspicious text is annotated with. */
export const harmless = { hate: safe, self_harm: safe, sexual: safe, violence: safe } as const;

export const harmlessPrompt = { ...harmless, jailbreak: { filtered: false, detected: false } } as const;

export const violent = { ...harmless, violence: { filtered: true, severity: 'medium' } } as const;

export const violentPrompt = { ...harmlessPrompt, violence: violent.violence } as const;
