/** Looks back at a floor, and puts what should change in its skills and mandates before a person. */
import type { Client } from '@headrace/client'
import type { Vault } from '../clones/open-vault.ts'
import type { FloorFiles } from '../files/check-factory.ts'
import { commitSource } from '../files/floor-source.ts'
import { floorOf, type FloorDocument } from '../floor/floor-document.ts'
import { askFloor } from '../foreman/ask-floor.ts'
import type { FloorSessions } from '../foreman/sessions.ts'
import { skillsFolder, versionOf } from '../skills/skill.ts'
import { lessonKey } from './lesson.ts'
import { proposalsOf, type FileProposal } from './proposals-of.ts'
import { proposalText, retroSource } from './proposal-text.ts'
import { AttemptReader } from './read-attempts.ts'
import { retroOf, type Retro } from './retro-of.ts'
import { withStamps } from './with-stamps.ts'

export interface ReflectOptions {
  /** Reads the sessions of the floor, and may speak in it. */
  readonly client: Client
  readonly sessions: FloorSessions
  readonly vault: Vault
  /** The files of the floor as the base branch has them. */
  readonly files: () => FloorFiles
  /** Proposals that may wait for a person at the same time. Default 3. */
  readonly maxOpen?: number
  /** How often the same thing must have gone wrong. Default 3. */
  readonly threshold?: number
  /** Of whoever looks back again and again: what was read stays read. */
  readonly reader?: AttemptReader
}

export interface RetrosOptions {
  readonly lanes: readonly string[]
  readonly floor: FloorDocument
  /** Goes on where it was. Default: a new one, which reads all there is. */
  readonly reader?: AttemptReader
}

/** All attempts of a floor's lanes that are over, by the log, each looked back at. */
export async function retrosOf(
  client: Client,
  sessions: FloorSessions,
  { lanes, floor, reader = new AttemptReader(client) }: RetrosOptions,
): Promise<readonly Retro[]> {
  const retros: Retro[] = []
  for (const lane of lanes) retros.push(...withStamps(await reader.read(sessions.lane(lane)), floor).map(retroOf))
  return retros.toSorted((a, b) => a.endedAt - b.endedAt)
}

/** Proposes what is to be proposed, as tasks that wait for a person; gives what is new. */
export async function reflect(options: ReflectOptions): Promise<readonly FileProposal[]> {
  const { client, sessions, files: filesNow, maxOpen = 3, threshold = 3, reader } = options
  const session = client.session(sessions.floor)
  const { view } = await session.until(({ status }) => status === 'live')
  const floor = floorOf(view.document.value)
  const files = filesNow()
  const tasks = Object.values(floor.tasks).filter(({ source }) => source.kind === retroSource)
  const room = maxOpen - tasks.filter(({ state }) => state.status === 'proposed').length
  // Most of the time there is nothing to propose, and logs are long.
  if (room <= 0 || !isTelling(floor, threshold)) return []
  const lanes = files.lanes.map(({ name }) => name)
  const laneFiles = Object.fromEntries(lanes.map((name) => [sessions.lane(name), `${files.factory.lanes}/${name}.md`]))
  const proposals = proposalsOf({
    retros: await retrosOf(client, sessions, { lanes, floor, ...(reader && { reader }) }),
    files: await textsOf(options, Object.values(laneFiles)),
    versions: Object.fromEntries(Object.values(files.skills).map((skill) => [skill.name, versionOf(skill)])),
    lanes: laneFiles,
    known: new Set([...tasks.map(({ source }) => source.ref), ...rejectedOn(floor)]),
    room,
    threshold,
  })
  for (const proposal of proposals) {
    const { ref, title } = proposal
    // What is on the floor from the same source is not added again, whoever else looks back at it.
    await askFloor(session, {
      ask: 'add-task',
      title,
      body: proposalText(proposal).slice(0, 16_000),
      kind: 'custom',
      priority: 3,
      source: { kind: retroSource, ref },
      signature: { source: retroSource, subject: ref, parts: [] },
      proposed: true,
    })
  }
  return proposals
}

/** What people have rejected, also where its task has left the floor. */
function rejectedOn({ decisions = [] }: FloorDocument): readonly string[] {
  return decisions
    .filter(({ signature, decision }) => signature.source === retroSource && decision === 'rejected')
    .map(({ signature }) => signature.subject)
}

/** Whether anything has gone wrong so often in the same way, by what the floor itself keeps. */
function isTelling({ tasks }: FloorDocument, threshold: number): boolean {
  const counts = new Map<string, number>()
  for (const attempt of Object.values(tasks).flatMap(({ attempts }) => attempts)) {
    const key = lessonKey(attempt)
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1)
    // One that came through at last may have been refused before, and only the log says so.
    else if (attempt.outcome === 'merged' || attempt.outcome === 'branched')
      counts.set('landed', (counts.get('landed') ?? 0) + 1)
  }
  return [...counts.values()].some((count) => count >= threshold)
}

async function textsOf(
  { vault, files: filesNow }: ReflectOptions,
  lanes: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const { commit = await vault.head(), skills } = filesNow()
  const source = await commitSource(vault, commit)
  const paths = [...lanes, ...Object.keys(skills).map((name) => `${skillsFolder}/${name}/SKILL.md`)]
  const texts = await Promise.all(paths.map(async (path) => [path, await source.read(path)] as const))
  return Object.fromEntries(texts.flatMap(([path, text]) => (text === undefined ? [] : [[path, text] as const])))
}

/** Reflects whenever another attempt of the floor is over. Returns what ends that. */
export function startReflection(options: ReflectOptions & { readonly onError: (thrown: unknown) => void }): () => void {
  const session = options.client.session(options.sessions.floor)
  const reader = new AttemptReader(options.client)
  let [seen, isOver, isBusy] = [-1, false, false]
  const look = (): void => {
    const { view, status } = session.getSnapshot()
    if (status !== 'live' || isOver || isBusy) return
    const ended = Object.values(floorOf(view.document.value).tasks).flatMap(({ attempts }) => attempts)
    const newest = Math.max(0, ...ended.map(({ endedAt }) => endedAt))
    if (newest === seen) return
    seen = newest
    isBusy = true
    reflect({ reader, ...options })
      .catch((thrown: unknown) => {
        if (!isOver) options.onError(thrown)
      })
      .finally(() => {
        isBusy = false
        look()
      })
  }
  const stop = session.subscribe(look)
  look()
  return () => {
    isOver = true
    stop()
  }
}
