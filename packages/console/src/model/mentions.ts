const mention = /(?:^|[\s([{"'“‘])@([A-Za-z0-9._-]{1,64})/g

/**
 * Agents that a text names as `@agent`, in the order they first appear. Only known agents count, so that an address such
 * as `ada@example.com` or a stray `@todo` asks nobody. Full stops and dashes after a name end the sentence, not the name.
 */
export function mentionedAgents(text: string, known: readonly string[]): readonly string[] {
  const byName = new Map(known.map((agent) => [agent.toLowerCase(), agent]))
  const found = new Set<string>()
  for (const [, name = ''] of text.matchAll(mention)) {
    const lower = name.toLowerCase()
    const agent = byName.get(lower) ?? byName.get(lower.replace(/[._-]+$/, ''))
    if (agent !== undefined) found.add(agent)
  }
  return [...found]
}
