import type { OutboxStorage, StoredCommand } from './outbox-storage.ts'

/** Options of {@link createLocalOutbox}. */
export interface LocalOutboxOptions {
  /** Whose commands they are: any text that stands for one person, such as the subject of their token. */
  readonly user: string
  /** Default: the page's `localStorage`. */
  readonly storage?: Pick<Storage, 'getItem' | 'key' | 'length' | 'removeItem' | 'setItem'>
}

const prefix = 'headrace.outbox'

/**
 * Keeps commands in the browser's `localStorage`, where tabs of the same origin share them and a reload or a crash leaves
 * them. A browser gives an origin about 5 MB; what does not fit is reported to `onError` and sent all the same.
 *
 * @example
 * ```ts
 * const client = connect({ url, token, outbox: { storage: createLocalOutbox({ user: 'ada' }) } })
 * await client.session('support/42').post('Written in a tunnel.')
 * ```
 */
export function createLocalOutbox({ user, storage = globalThis.localStorage }: LocalOutboxOptions): OutboxStorage {
  const mine = `${prefix}/${encodeURIComponent(user)}/`
  return {
    load() {
      const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '')
      return keys
        .filter((key) => key.startsWith(mine))
        .flatMap((key) => read(storage.getItem(key)))
        .sort((a, b) => a.order - b.order)
        .map(({ order: _, ...command }) => command)
    },
    save(command) {
      // Commands of one page can have the same time; the count of the id then says which was first.
      storage.setItem(
        `${mine}${command.id}`,
        JSON.stringify({ ...command, order: command.at + countOf(command) / 1e6 }),
      )
    },
    remove: (id) => storage.removeItem(`${mine}${id}`),
  }
}

interface Entry extends StoredCommand {
  readonly order: number
}

function countOf({ id }: StoredCommand): number {
  return Number(id.slice(id.lastIndexOf('-') + 1)) % 1e6
}

/** What somebody else has put there, or an older version, is left out. */
function read(text: string | null): readonly Entry[] {
  try {
    const value: unknown = JSON.parse(text ?? '')
    const isOne = typeof value === 'object' && value !== null && 'id' in value && 'session' in value && 'order' in value
    return isOne ? [value as Entry] : [] // its body is checked before it is sent
  } catch {
    return []
  }
}
