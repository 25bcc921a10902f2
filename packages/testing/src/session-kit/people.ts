import type { Identity } from './session-server.ts'

const person = (id: string, name: string): Identity => ({
  id,
  name,
  kind: 'person',
  rights: ['read', 'post', 'send', 'control', 'answer'],
})

/** Who appears in the scenarios. */
export const ada: Identity = person('ada', 'Ada')
export const bob: Identity = person('bob', 'Bob')
/** Support. */
export const sue: Identity = {
  id: 'sue',
  name: 'Sue',
  kind: 'operator',
  rights: ['read', 'post', 'send', 'control', 'answer', 'drive', 'admin'],
}
/** Looks on, and may do nothing else. */
export const guest: Identity = { id: 'guest', name: 'Guest', kind: 'person', rights: ['read'] }
