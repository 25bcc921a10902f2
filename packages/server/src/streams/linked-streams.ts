import {
  fitsPattern,
  formatOffset,
  type NewLink,
  type SubscriptionConfig,
  type SubscriptionState,
  type Tails,
} from '@headrace/core'
import type { Streams } from './streams.ts'

/** A stream as workers see it. */
export interface StreamInfo {
  readonly path: string
  readonly link_type: 'glob' | 'explicit'
  readonly acked_offset: string
  readonly tail_offset: string
  readonly has_pending: boolean
}

/** The streams of subscriptions, as they are now. */
export interface LinkedStreams {
  /** Those that a new subscription has. What is in them by then is not new to it. */
  first(tenant: string, config: SubscriptionConfig): Promise<readonly NewLink[]>
  /** Those that are named. One that the pattern takes in too belongs to it by both, so that it stays when it is named no more. */
  named(tenant: string, paths: readonly string[], config: SubscriptionConfig): Promise<readonly NewLink[]>
  /** All streams there are that the pattern takes in. */
  matching(tenant: string, config: SubscriptionConfig): Promise<readonly string[]>
  /** Where each ends; `more`: streams that are about to be linked. */
  tails(tenant: string, state: SubscriptionState, more?: readonly string[]): Promise<Tails>
  infos(tenant: string, state: SubscriptionState): Promise<readonly StreamInfo[]>
}

export function createLinkedStreams(streams: Streams): LinkedStreams {
  const linkTo = async (tenant: string, path: string, by: NewLink['by']): Promise<NewLink> => ({
    path,
    by,
    acked: await streams.tail(tenant, path),
  })

  return {
    async first(tenant, config) {
      const globbed = await this.matching(tenant, config)
      const named = await this.named(tenant, config.streams, config)
      return [...named, ...(await Promise.all(globbed.map((path) => linkTo(tenant, path, 'glob'))))]
    },

    async named(tenant, paths, config) {
      const links = await Promise.all(paths.map((path) => linkTo(tenant, path, 'explicit')))
      return links.flatMap((link): readonly NewLink[] =>
        takesIn(config, link.path) ? [link, { ...link, by: 'glob' }] : [link],
      )
    },

    async matching(tenant, config) {
      if (config.pattern === undefined) return []
      const found: string[] = []
      let cursor: string | undefined
      do {
        const page = await streams.list(tenant, cursor)
        found.push(...page.paths.filter((path) => takesIn(config, path)))
        cursor = page.cursor
      } while (cursor !== undefined)
      return found
    },

    async tails(tenant, { links }, more = []) {
      const wanted = [...links, ...more.map((path) => ({ path, acked: 0 }))]
      const ends = await Promise.all(
        wanted.map(async ({ path, acked }) => [path, await streams.tail(tenant, path, acked)] as const),
      )
      return Object.fromEntries(ends)
    },

    infos(tenant, { links }) {
      return Promise.all(
        links.map(async ({ path, by, acked }) => {
          const tail = await streams.tail(tenant, path, acked)
          return {
            path,
            link_type: by.includes('explicit') ? ('explicit' as const) : ('glob' as const),
            acked_offset: formatOffset(acked),
            tail_offset: formatOffset(tail),
            has_pending: tail > acked,
          }
        }),
      )
    },
  }
}

/** Whether a stream belongs to a subscription by its pattern. One that took in its own wakes would never sleep. */
export function takesIn({ pattern, wakeStream }: SubscriptionConfig, path: string): boolean {
  return pattern !== undefined && path !== wakeStream && fitsPattern(pattern, path)
}
