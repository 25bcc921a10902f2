import { actorKind, type Actor } from '@headrace/core'

/** A text that must reach no reader but those. */
export function onlyFor(to: 'operators' | 'agents' | readonly Actor[]): string {
  return `only-for-${typeof to === 'string' ? to : to.join('+')}; `
}

const mark = /only-for-([a-z0-9:+]+);/g

/** The first audience named in what an actor was sent that it is not one of. */
export function leak(text: string, actor: Actor): string | undefined {
  if (!text.includes('only-for-')) return undefined
  const kind = actorKind(actor)
  for (const [, audience = ''] of text.matchAll(mark)) {
    if (
      audience === 'operators'
        ? kind !== 'operator'
        : audience === 'agents'
          ? kind !== 'operator' && kind !== 'agent'
          : isOther(audience, actor)
    )
      return audience
  }
  return undefined
}

/** Agents are told what they are asked, whoever else may see it; which of them is for the log to say. */
function isOther(names: string, actor: Actor): boolean {
  return actorKind(actor) !== 'agent' && !names.split('+').includes(actor)
}

const confided = /hush\d+x/g

/** What somebody says and then wants back. It is one word, and no other one begins with it. */
export function confide(name: string): string {
  return `hush${name}x`
}

export function mayConfide(text: string): boolean {
  return text.includes('hush')
}

/** All that is confided in a text. */
export function confidences(text: string): readonly string[] {
  return mayConfide(text) ? [...text.matchAll(confided)].map(([word]) => word) : []
}
