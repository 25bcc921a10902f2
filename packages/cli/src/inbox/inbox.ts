import type { InboxItem } from '@headrace/core'
import { withClient } from '../connection/with-client.ts'
import type { TargetOptions } from '../connection/target.ts'
import { processOutput, type Output } from '../terminal/console.ts'
import { formatDuration } from '../terminal/duration.ts'
import { plainLine } from '../terminal/plain.ts'

export interface InboxOptions extends TargetOptions {
  readonly limit: number
  readonly json?: boolean
}

/** Prints what waits for whoever the token names, across sessions. */
export async function inbox(options: InboxOptions, output: Output = processOutput): Promise<void> {
  const { entries } = await withClient(options, (client) => client.inbox({ limit: options.limit }))
  if (options.json === true) for (const entry of entries) output.out(JSON.stringify(entry))
  else if (entries.length === 0) output.err('Nothing waits for you.')
  else for (const entry of entries) output.out(line(entry, Date.now()))
}

function line({ session, title, kind, ref, at, count, request }: InboxItem, now: number): string {
  const what = {
    request: `asks ${ref}${request ? `, ${plainLine(request.spec.title, 80)}` : ''}`,
    failed: `${ref} failed`,
    mention: `mentions you in ${ref}`,
    unread: `${count ?? 1} unread`,
  }[kind]
  const named = title !== undefined ? ` (${plainLine(title, 60)})` : ''
  return `${session}${named}: ${what}, ${formatDuration(Math.max(0, now - at))} ago`
}
