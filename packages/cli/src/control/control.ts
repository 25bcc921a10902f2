import type { Accepted, Session } from '@headrace/client'
import { viewOf, withClient } from '../connection/with-client.ts'
import type { TargetOptions } from '../connection/target.ts'
import { processOutput, type Output } from '../terminal/console.ts'
import { oneRun } from './one-run.ts'

export interface RunOptions extends TargetOptions {
  readonly run?: string
}
export interface SteerOptions extends RunOptions {
  /** `--no-carry` */
  readonly carry: boolean
}
export interface FloorOptions extends TargetOptions {
  readonly note?: string
  readonly force?: boolean
}

/** Asks a session for something and prints what became of it. */
async function ask(
  id: string,
  options: TargetOptions,
  { say, command }: { say: readonly [done: string, nothing: string]; command: (session: Session) => Promise<Accepted> },
  output: Output,
): Promise<void> {
  const { outcome, seq } = await withClient(options, (client) => command(client.session(id)))
  const [done, nothing] = say
  output.out(outcome === 'noop' ? nothing : `${done} (event ${seq}).`)
}

export function steer(
  id: string,
  words: readonly string[],
  options: SteerOptions,
  output: Output = processOutput,
): Promise<void> {
  const { carry } = options
  const command = async (session: Session): Promise<Accepted> =>
    session.steer(oneRun(await viewOf(session), options.run), words.join(' '), { carry })
  return ask(id, options, { say: ['Handed to the agent', 'Nothing to steer.'], command }, output)
}

export function pause(id: string, options: RunOptions, output: Output = processOutput): Promise<void> {
  const command = async (session: Session): Promise<Accepted> =>
    session.pause(oneRun(await viewOf(session), options.run))
  return ask(id, options, { say: ['Paused', 'It is paused already.'], command }, output)
}

export function resume(id: string, options: RunOptions, output: Output = processOutput): Promise<void> {
  const command = async (session: Session): Promise<Accepted> =>
    session.resume(oneRun(await viewOf(session), options.run))
  return ask(id, options, { say: ['It goes on', 'Nothing holds it.'], command }, output)
}

export function take(
  id: string,
  { note, force, ...options }: FloorOptions,
  output: Output = processOutput,
): Promise<void> {
  const asked = { ...(note !== undefined && { note }), ...(force === true && { force: true as const }) }
  const command = (session: Session): Promise<Accepted> => session.takeFloor(asked)
  return ask(
    id,
    options,
    { say: ['You hold the floor; agents hold still', 'You hold the floor already.'], command },
    output,
  )
}

export function handBack(
  id: string,
  { note, ...options }: FloorOptions,
  output: Output = processOutput,
): Promise<void> {
  const command = (session: Session): Promise<Accepted> => session.handBack(note)
  return ask(id, options, { say: ['Handed back; agents go on', 'Nobody holds the floor.'], command }, output)
}
