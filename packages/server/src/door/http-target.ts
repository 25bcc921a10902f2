import type { IncomingMessage } from 'node:http'
import { HeadraceError } from '@headrace/core'

export interface Target {
  /** As it came: still percent-encoded. */
  readonly path: string
  /** What follows the `?`. */
  readonly query: string
}

/** Takes the address of a request apart without decoding it: an encoded slash is part of an id and not a border. */
export function readTarget({ url = '' }: IncomingMessage): Target {
  // A proxy may send the whole address.
  const target = /^https?:\/\//i.test(url) ? url.replace(/^https?:\/\/[^/?#]*/i, '') : url
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  if (!path.startsWith('/')) throw new HeadraceError('bad_request', 'The address of a request must begin with a slash.')
  return { path, query: mark === -1 ? '' : target.slice(mark + 1) }
}
