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
