import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import {
  askFloor,
  emptyFloor,
  floorConfig,
  floorOf,
  loadFloor,
  makeDemoRepository,
  openFloor,
  openVault,
  scriptedAgent,
  type Floor,
  type FloorConfig,
  type FloorDocument,
  type FloorFiles,
  type Script,
  type Task,
  type Vault,
} from '@headrace/factory'
import type { Client, Session } from '@headrace/client'
import { testFolder, workTree, type WorkTree } from './git-repository.ts'
import { SessionsServer } from './sessions-server.ts'

/** A floor of a repository with files of the factory, whose agents do what their skills say. */
export interface SkilledFloor extends AsyncDisposable {
  readonly floor: Floor
  readonly vault: Vault
  readonly origin: WorkTree
  readonly client: Client
  readonly session: Session
  /** The files of the base branch, as they were read last. */
  files(): FloorFiles
  /** Reads the files of the base branch again. */
  reload(): Promise<void>
  /** Puts a task on the floor and waits until nothing more happens to it by itself. */
  work(title: string, more?: { readonly body?: string }): Promise<Task>
}

const factory = `base: main
gate: { test: [node, --test] }
agents:
  scripted: { kind: command, command: [node] }
`
const lane = `---
kind: bug
agent: scripted
oversight: merge
allowed: ['src/**', 'test/**']
skills: [fixer]
waffling: { highest: off }
---

## Goal

Mend what is wrong.

## Done when

A test shows it.
`

export interface SkilledFloorOptions {
  /** The SKILL.md of the skill \`fixer\`. */
  readonly skill: string
  /** What an agent does: with the skill that it found in its home, in the attempt of that id. */
  readonly script: (skill: string, attempt: string, home: string) => Script
  /** How often a task is tried. */
  readonly maxAttempts: number
}

export async function skilledFloor({ skill, script, maxAttempts }: SkilledFloorOptions): Promise<SkilledFloor> {
  const folder = testFolder()
  const place = path.join(folder, 'origin')
  await makeDemoRepository(place)
  const origin = workTree(place, { init: false })
  origin.write({
    '.headrace/factory.yaml': factory,
    '.headrace/lanes/bugs.md': lane,
    '.headrace/skills/fixer/SKILL.md': skill,
  })
  origin.commit('Describe the floor')
  const server = new SessionsServer()
  const vault = await openVault({ folder: path.join(folder, 'vault.git'), origin: place, base: 'main' })
  const agent = scriptedAgent('scripted', ({ env, cwd }) => {
    const home = env['HOME'] ?? ''
    const file = path.join(home, '.agents/skills/fixer/SKILL.md')
    const found = existsSync(file) ? readFileSync(file, 'utf8') : ''
    return script(found, path.basename(path.dirname(cwd)), home)
  })
  let config: FloorConfig
  let files: FloorFiles
  const reload = async (): Promise<void> => {
    const { head } = await vault.refresh()
    files = await loadFloor(vault, head)
    const read = floorConfig(files, () => agent)
    // What is refused once would be refused again: these agents do not listen.
    config = { ...read, lanes: read.lanes.map((each) => ({ ...each, rounds: 1 })) }
  }
  await reload()
  const floor = await openFloor({
    ...server.reach,
    name: 'skilled',
    folder,
    origin: place,
    base: 'main',
    config: () => config,
    onError: () => undefined,
  })
  const client = await server.httpClient('ada')
  const session = client.session(floor.sessions.floor)
  await session.until(({ status }) => status === 'live')
  await session.patch([{ op: 'add', path: '', value: { ...emptyFloor, maxAttempts } as never }])
  const until = async (holds: (document: FloorDocument) => boolean): Promise<FloorDocument> => {
    const { view } = await session.until(({ view: { document } }) => holds(floorOf(document.value)))
    return floorOf(view.document.value)
  }
  return {
    floor,
    vault,
    origin,
    client,
    session,
    files: () => files,
    reload,
    async work(title, more = {}) {
      const { task = '', said } = await askFloor(session, { ask: 'add-task', title, kind: 'bug', ...more })
      if (task === '') throw new Error(said)
      const settled = new Set(['done', 'parked', 'rejected', 'review'])
      const { tasks } = await until((document) => settled.has(document.tasks[task]?.state.status ?? ''))
      return tasks[task] ?? Promise.reject(new Error(`${task} is gone`))
    },
    async [Symbol.asyncDispose]() {
      await floor.close()
      await server[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
