import type { InboxItem } from '@headrace/core'
import { withClient } from '../connection/with-client.ts'
import type { TargetOptions } from '../connection/target.ts'
import { processOutput, type Output } from '../terminal/console.ts'
import { formatDuration } from '../terminal/duration.ts'
import { plainLine } from '../terminal/plain.ts'
import { floorTasks, type FloorTask } from './floor-tasks.ts'

export interface InboxOptions extends TargetOptions {
  readonly limit: number
  readonly json?: boolean
}

/** Prints what waits for whoever the token names, across sessions, and the tasks of floors that need a person. */
export async function inbox(options: InboxOptions, output: Output = processOutput): Promise<void> {
  const [{ entries }, tasks] = await withClient(options, (client) =>
    Promise.all([client.inbox({ limit: options.limit }), floorTasks(client)]),
  )
  const now = Date.now()
  const show = (items: readonly InboxItem[]): void => {
    for (const item of items) output.out(options.json === true ? JSON.stringify(item) : line(item, now))
  }
  show(entries.filter(({ kind }) => kind === 'request'))
  for (const task of tasks) output.out(options.json === true ? JSON.stringify(taskItem(task)) : taskLine(task, now))
  show(entries.filter(({ kind }) => kind !== 'request'))
  if (options.json !== true && entries.length + tasks.length === 0) output.err('Nothing waits for you.')
}

/** As an entry of the inbox: nobody else but the factory has tasks. */
function taskItem({ session, title, task, at, why }: FloorTask): object {
  return { session, title, kind: 'task', ref: task.id, at, task: { title: task.title, status: task.state.status, why } }
}

function taskLine({ session, title, task, at, why }: FloorTask, now: number): string {
  const { status } = task.state
  const is = status === 'review' ? 'to be looked at' : status
  const since = `${formatDuration(Math.max(0, now - at))} ago`
  return `${nameOf(session, title)}: ${task.id} is ${is}, ${since}, ${plainLine(task.title, 80)}: ${plainLine(why, 120)}`
}

function line({ session, title, kind, ref, at, count, request }: InboxItem, now: number): string {
  const what = {
    request: `asks ${ref}${request ? `, ${plainLine(request.spec.title, 80)}` : ''}`,
    failed: `${ref} failed`,
    mention: `mentions you in ${ref}`,
    unread: `${count ?? 1} unread`,
  }[kind]
  return `${nameOf(session, title)}: ${what}, ${formatDuration(Math.max(0, now - at))} ago`
}

function nameOf(session: string, title: string | undefined): string {
  return title === undefined ? session : `${session} (${plainLine(title, 60)})`
}
