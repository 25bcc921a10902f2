import path from 'node:path'
import {
  FactoryError,
  daysOf,
  dayOf,
  diffIn,
  evidenceInWords,
  findSandbox,
  landProposal,
  landingInWords,
  loadFloor,
  openVault,
  retroSource,
  type DayRetro,
  type Retro,
  type Task,
} from '@headrace/factory'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { counted } from '../terminal/counted.ts'
import { processOutput } from '../terminal/console.ts'
import { formatDuration } from '../terminal/duration.ts'
import { plain } from '../terminal/plain.ts'
import { ask } from './ask.ts'
import { floorRetros } from './floor-retros.ts'
import { readFloor, withFloor, type FloorTarget } from './floor-target.ts'
import { openPlugins } from './plugins.ts'
import { problem } from './problem.ts'
import { tableLines } from './version-lines.ts'
import type { WorkOptions } from './work.ts'

export interface RetroOptions extends FloorTarget {
  readonly day?: string | true
  readonly task?: string
  readonly json?: boolean
}

/** Prints what is to be learned from attempts that are over. */
export async function retro(options: RetroOptions): Promise<void> {
  const all = await withFloor(options, floorRetros)
  const own = options.task === undefined ? all : all.filter(({ task }) => task === options.task)
  const newest = own.at(-1)
  if (!newest) return processOutput.err('No attempt is over yet.')
  const day = options.day === true ? dayOf(newest.endedAt) : options.day
  const shown = day === undefined ? own : own.filter(({ endedAt }) => dayOf(endedAt) === day)
  if (options.json === true) {
    if (options.day !== undefined) for (const one of daysOf(shown)) processOutput.out(JSON.stringify(one))
    else for (const one of shown) processOutput.out(JSON.stringify(one))
    return
  }
  const lines = options.day === undefined ? shown.flatMap(retroLines) : daysOf(shown).flatMap(dayLines)
  if (lines.length === 0) return processOutput.err(`No attempt was over on ${day}.`)
  for (const line of lines) processOutput.out(plain(line))
}

function retroLines(retro: Retro): readonly string[] {
  const { task, attempt, title, agent, outcome, why, lesson, calls, failedCalls, rounds, startedAt, endedAt } = retro
  const { inputTokens = 0, outputTokens = 0, costUsd } = retro.used
  const cost = [
    formatDuration(endedAt - startedAt),
    `${calls} calls${failedCalls === 0 ? '' : `, ${failedCalls} failed`}`,
    `${rounds} ${rounds === 1 ? 'verdict' : 'verdicts'} of the gate`,
    ...(inputTokens + outputTokens === 0 ? [] : [`${inputTokens + outputTokens} tokens`]),
    ...(costUsd === undefined ? [] : [`$${costUsd.toFixed(4)}`]),
  ]
  return [
    `${task}.${attempt} ${title}`,
    `  ${outcome}: ${why.split('\n')[0] ?? ''}`,
    `  ${agent}${retro.skills.length === 0 ? '' : ` with ${retro.skills.join(', ')}`}: ${cost.join(', ')}`,
    ...(lesson
      ? [`  Lesson (${lesson.key}): ${lesson.text}`, ...lesson.evidence.map((one) => `    ${evidenceInWords(one)}`)]
      : []),
  ]
}

function dayLines({ day, attempts, outcomes, used, lostTokens, lessons, skills }: DayRetro): readonly string[] {
  const each = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`)
  const tokens = (used.inputTokens ?? 0) + (used.outputTokens ?? 0)
  return [
    `${day}: ${counted(attempts, 'attempt')} (${each.join(', ')})`,
    ...(tokens === 0 ? [] : [`  ${tokens} tokens, ${lostTokens} of them for what did not land`]),
    ...lessons.flatMap(({ key, text, count, evidence }) => [
      `  ${count} × ${key}: ${text}`,
      ...evidence.map((one) => `    ${evidenceInWords(one)}`),
    ]),
    ...(skills.length === 0 ? [] : ['', ...tableLines(skills).map((line) => `  ${line}`)]),
  ]
}

const isProposal = ({ source }: Task): boolean => source.kind === retroSource

/** Prints what retrospectives propose. */
export async function listProposals(
  options: FloorTarget & { readonly json?: boolean; readonly all?: boolean },
): Promise<void> {
  await withFloor(options, async (opened) => {
    const proposals = Object.values((await readFloor(opened)).tasks).filter(isProposal)
    const shown = options.all === true ? proposals : proposals.filter(({ state }) => state.status === 'proposed')
    if (shown.length === 0) processOutput.err('Nothing is proposed.')
    for (const task of shown) {
      if (options.json === true) processOutput.out(JSON.stringify(task))
      else {
        const why = task.state.status === 'rejected' ? `: ${task.state.why}` : ''
        processOutput.out(plain(`${task.id} ${task.state.status}${why} ${task.title}`))
        if (task.body !== '') processOutput.out(plain(`${task.body.replaceAll(/^/gm, '  ')}\n`))
      }
    }
  })
}

/** Takes a proposal through the gate. */
export async function acceptProposal(id: string, options: FloorTarget & WorkOptions): Promise<void> {
  const { task, by } = await withFloor(options, async (opened) => ({
    task: (await readFloor(opened)).tasks[id],
    by: (await opened.client.me()).actor,
  }))
  if (!task || !isProposal(task)) throw new Problem(exitCode.refused, `There is no proposal ${id} on this floor.`)
  const diff = diffIn(task.body)
  if (task.state.status !== 'proposed' || diff === undefined)
    throw new Problem(exitCode.refused, `${id} is ${task.state.status}: there is nothing of it to take.`)
  try {
    const folder = path.resolve(options.folder)
    const repository = path.resolve(options.repository)
    const vault = await openVault({ folder: path.join(folder, 'vault.git'), origin: repository, base: options.base })
    const { factory } = await loadFloor(vault, (await vault.refresh()).head)
    const plugins = await openPlugins(factory.plugins, { repository, folder }, processOutput)
    try {
      const [demand, sandbox] = [factory.gate.sandbox, await findSandbox()]
      const now = (): number => Date.now()
      const landing = await landProposal({
        vault,
        task: id,
        title: task.title,
        diff,
        by,
        plugins,
        sandbox,
        demand,
        now,
      })
      if (landing.outcome !== 'landed') throw new Problem(exitCode.refused, plain(landingInWords(landing)))
      processOutput.out(landingInWords(landing))
      await ask({ ask: 'proposal-landed', task: id, commit: landing.commit }, options)
    } finally {
      await plugins.close()
    }
  } catch (thrown) {
    throw thrown instanceof FactoryError ? problem(thrown) : thrown
  }
}
