import type { IncomingMessage } from 'node:http'
import { HeadraceError } from '@headrace/core'

/** Bounds the bodies that are in memory at the same time, over all streams and callers. */
export interface BodyRoom {
  /**
   * Runs a task that holds a body of up to so many bytes.
   *
   * @throws HeadraceError `too_many_requests`
   */
  hold<T>(request: IncomingMessage, maxBytes: number, task: () => Promise<T>): Promise<T>
}

export function createBodyRoom(allowed: number): BodyRoom {
  let held = 0
  return {
    async hold(request, maxBytes, task) {
      const declared = Number(request.headers['content-length'] ?? maxBytes)
      const bytes = Math.min(declared, maxBytes)
      if (held > 0 && held + bytes > allowed) {
        const text = `More than ${allowed} bytes of streams are on their way already (streamBytesAtOnce). Try again in a moment.`
        throw new HeadraceError('too_many_requests', text, { detail: { limit: 'streamBytesAtOnce', allowed } })
      }
      held += bytes
      try {
        return await task()
      } finally {
        held -= bytes
      }
    },
  }
}
