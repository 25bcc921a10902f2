import { actorId, type Actor, type Message, type Presence } from '@headrace/core'

/** A participant who has the session open, on one device or more. */
export interface Person {
  readonly actor: Actor
  readonly name: string
  readonly devices: readonly { readonly id: string; readonly label: string | undefined }[]
}

/** Who is here, in the order they came; the reader first. */
export function peopleHere(presence: readonly Presence[], me: Actor | undefined): readonly Person[] {
  const byActor = new Map<Actor, Person>()
  for (const { actor, name, device, label } of presence) {
    const known = byActor.get(actor)
    const devices = [...(known?.devices ?? []), { id: device, label }]
    byActor.set(actor, { actor, name: known?.name ?? name ?? actorId(actor), devices })
  }
  return [...byActor.values()].toSorted((a, b) => Number(b.actor === me) - Number(a.actor === me))
}

/** Display names by actor, from what was said and who is here. */
export function namesOf(messages: readonly Message[], presence: readonly Presence[]): ReadonlyMap<Actor, string> {
  const names = new Map<Actor, string>()
  for (const { author, name } of messages) if (name !== undefined) names.set(author, name)
  for (const { actor, name } of presence) if (name !== undefined) names.set(actor, name)
  return names
}

/** First letters, for an avatar: two words give two, one word gives one. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean)
  const picked = words.length > 1 ? [words[0], words.at(-1)] : words
  return picked
    .map((word) => Array.from(word ?? '')[0] ?? '')
    .join('')
    .toUpperCase()
}

/** A stable number below `hues` for a name, so that a person has the same colour on every screen. */
export function hueOf(actor: string, hues: number): number {
  let sum = 0
  for (const char of actor) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 65_521
  return sum % hues
}
