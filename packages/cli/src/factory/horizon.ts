import { readFile } from 'node:fs/promises'
import path from 'node:path'
import {
  FactoryError,
  askFloor,
  githubIssues,
  lookAhead,
  openVault,
  requestOf,
  type Horizon,
  type Issue,
  type Proposal,
} from '@headrace/factory'
import { array, HeadraceError, object, optional, string, type SessionView } from '@headrace/core'
import { viewOf } from '../connection/with-client.ts'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { processOutput } from '../terminal/console.ts'
import { plain } from '../terminal/plain.ts'
import { readFloor, withFloor, type FloorTarget, type OpenedFloor } from './floor-target.ts'
import { problem } from './problem.ts'
import type { WorkOptions } from './work.ts'

export interface HorizonOptions extends FloorTarget, WorkOptions {
  readonly network?: boolean
  readonly issues?: string
  readonly github?: string
  readonly propose?: boolean
  readonly json?: boolean
}

/** Prints what comes with its evidence, and puts it on the floor where that is asked for. */
export async function horizon(options: HorizonOptions): Promise<void> {
  const issues = await readIssues(options)
  await withFloor(options, async (opened) => {
    const seen = await look(opened, options, issues)
    if (options.json === true) {
      const { proposals, waiting, decided, notes } = seen
      return processOutput.out(JSON.stringify({ proposals, waiting, decided, notes }))
    }
    for (const note of seen.notes) processOutput.err(plain(note))
    if (seen.proposals.length === 0) processOutput.err('Nothing new speaks for anything.')
    for (const proposal of seen.proposals) for (const line of lines(proposal)) processOutput.out(plain(line))
    for (const { proposal, task } of seen.waiting)
      processOutput.err(plain(`${proposal.title}: that is ${task} already.`))
    for (const { proposal, decision } of seen.decided) {
      const why = decision.reason === undefined ? '' : `: ${decision.reason}`
      processOutput.err(plain(`${proposal.title}: ${decision.decision} by ${decision.by}${why}`))
    }
    if (options.propose !== true) return
    for (const proposal of seen.proposals) {
      const { said } = await askFloor(opened.session, requestOf(proposal))
      processOutput.out(plain(`${proposal.title}: ${said}`))
    }
  })
}

async function look(opened: OpenedFloor, options: HorizonOptions, issues: readonly Issue[]): Promise<Horizon> {
  const { repository, folder, base, network } = options
  try {
    const place = path.join(path.resolve(folder), 'vault.git')
    const vault = await openVault({ folder: place, origin: path.resolve(repository), base })
    const { head } = await vault.refresh()
    const merge = await mergeView(opened)
    return await lookAhead({
      vault,
      commit: head,
      floor: await readFloor(opened),
      issues,
      now: Date.now(),
      ...(merge && { merge }),
      ...(network === true && { registry: {} }),
    })
  } catch (thrown) {
    throw thrown instanceof FactoryError ? problem(thrown, exitCode.refused) : thrown
  }
}

/** The session of the gate; there is none where nothing was ever offered. */
async function mergeView({ client, sessions }: OpenedFloor): Promise<SessionView | undefined> {
  try {
    return await viewOf(client.session(sessions.merge))
  } catch (thrown) {
    if (thrown instanceof HeadraceError && thrown.code === 'session_not_found') return undefined
    throw thrown
  }
}

const maxFile = 16_777_216
const shape = array(object({ ref: string({ max: 512 }), title: string({ max: 1_024 }), body: optional(string()) }), {
  max: 1_000,
})

async function readIssues({ issues, github, network }: HorizonOptions): Promise<readonly Issue[]> {
  if (github !== undefined && network !== true)
    throw new Problem(exitCode.usage, '--github reads from the network: say --network as well.')
  return [...(issues === undefined ? [] : await fromFile(issues)), ...(github === undefined ? [] : await open(github))]
}

async function fromFile(file: string): Promise<readonly Issue[]> {
  try {
    const text = await readFile(file, 'utf8')
    if (text.length > maxFile) throw new Error(`it has more than ${maxFile} characters`)
    return shape.parse(JSON.parse(text), 'issues').map(({ body = '', ...issue }) => ({ ...issue, body }))
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    throw new Problem(exitCode.usage, `${file} has no reports that can be read: ${why}`)
  }
}

async function open(repository: string): Promise<readonly Issue[]> {
  const token = process.env['GITHUB_TOKEN']
  try {
    const tasks = await githubIssues({ repository, ...(token !== undefined && { token }) }).read()
    return tasks.map(({ source, title, body = '', kind, priority }) => ({
      ref: source.ref,
      title,
      body,
      ...(kind && { kind }),
      ...(priority !== undefined && { priority }),
    }))
  } catch (thrown) {
    throw thrown instanceof FactoryError ? problem(thrown, exitCode.failed) : thrown
  }
}

const shownEvidence = 5

function lines({ title, why, priority, evidence }: Proposal): readonly string[] {
  const shown = evidence.slice(0, shownEvidence)
  const more = evidence.length - shown.length
  return [
    `P${priority} ${title}`,
    `   ${why}`,
    ...shown.map(({ where, what, quote }) => `   - ${where}: ${what}${quote === undefined ? '' : ` | ${quote}`}`),
    ...(more > 0 ? [`   - and ${more} more`] : []),
  ]
}
