/** What the crew of a floor notes in its sessions, as one line for a person. Data of any shape may come: nothing is taken for granted. */
import type { Json } from '@headrace/core'
import { text } from '../text.ts'

export interface Fact {
  readonly words: string
  readonly tone?: 'good' | 'bad' | 'wait'
  /** What a program printed, or a longer text, to be opened. */
  readonly printed?: string
  readonly list?: readonly string[]
}

type Fields = Readonly<Record<string, Json | undefined>>

/** The fact that a data part stands for; undefined for one that is none of the factory's, or that this page does not know. */
export function factOf(name: string, value: Json): Fact | undefined {
  const read = Object.hasOwn(readers, name) ? readers[name] : undefined
  if (!read) return undefined
  try {
    return read(value)
  } catch (thrown) {
    // Another version of the factory writes it otherwise: it is shown as what it is.
    if (thrown instanceof NotSo) return undefined
    throw thrown
  }
}

class NotSo extends Error {}

const words = text.fact
const readers: Readonly<Record<string, (value: Json) => Fact>> = {
  'factory.attempt': (value) => {
    const { task, attempt, acceptance, lessons } = fields(value)
    const list = [...wordsOf(acceptance), ...wordsOf(lessons).map(words.lesson)]
    return { words: words.attempt(word(task), num(attempt)), ...(list.length > 0 && { list }) }
  },
  'factory.clone': (value) => ({ words: words.clone(word(value)) }),
  'factory.cell': (value) => ({ words: words.cell(word(fields(value)['words'])) }),
  'factory.round': (value) => {
    const { round, red, killed } = fields(value)
    if (red === undefined) return { words: typeof killed === 'number' ? words.killed(killed) : words.round(num(round)) }
    const { why, evidence } = fields(red)
    return { words: words.again(num(round), word(why)), tone: 'wait', ...printed(evidence) }
  },
  'factory.work': (value) => {
    const patch = word(fields(value)['patch'])
    const files = patch.split('\n').filter((line) => line.startsWith('diff --git ')).length
    return { words: words.work(files) }
  },
  'factory.change': (value) => {
    const { task, lane, round } = fields(value)
    return { words: words.offered(word(task), word(lane), num(round)) }
  },
  'factory.verdict': (value) => {
    const { verdict, why, evidence } = fields(value)
    const tone = toneOf(word(verdict))
    return { words: words.verdict(word(verdict), word(why)), ...(tone && { tone }), ...printed(evidence) }
  },
  'factory.outcome': outcome,
  'factory.result': outcome,
  'factory.models': (value) => {
    const { agent, calls, models } = fields(value)
    return { words: words.models(word(agent), num(calls)), list: Object.keys(fields(models)) }
  },
  'factory.plan': (value) => {
    const steps = list(value).map(fields)
    const done = steps.filter(({ status }) => status === 'completed').length
    return {
      words: words.plan(done, steps.length),
      list: steps.map(({ content, status }) => words.step(word(content), status === 'completed')),
    }
  },
  'factory.context': (value) => {
    const { used, size } = fields(value)
    return { words: words.context(num(used), num(size)) }
  },
  'factory.request': (value) => {
    const { ask, task, lane, title, mode } = fields(value)
    const of = [task, lane, title, mode].find((each) => typeof each === 'string')
    return { words: words.asked(word(ask), of === undefined ? '' : word(of)) }
  },
  'factory.answer': (value) => {
    const { outcome: came, said } = fields(value)
    return { words: word(said), ...(came === 'refused' && { tone: 'bad' }) }
  },
  'factory.waffling': (value) => {
    const { rung, evidence } = fields(value)
    return { words: words.circles(word(rung)), tone: 'wait', list: wordsOf(evidence) }
  },
  'factory.overruled': (value) => {
    const { by, reason } = fields(value)
    return { words: words.overruled(word(by), word(reason)) }
  },
  'factory.found': (value) => {
    const { findings } = fields(value)
    return { words: words.found, list: list(findings).map((one) => word(fields(one)['evidence'])) }
  },
  'factory.detector-failed': (value) => {
    const { detector, why } = fields(value)
    return { words: words.detectorFailed(word(detector), word(why)), tone: 'bad' }
  },
  'factory.turn': () => ({ words: words.turn }),
}

function outcome(value: Json): Fact {
  const { outcome: came, why } = fields(value)
  const tone = toneOf(word(came))
  return { words: words.outcome(word(came), word(why)), ...(tone && { tone }) }
}

function toneOf(came: string): Fact['tone'] {
  if (came === 'merged' || came === 'branched' || came === 'proposed') return 'good'
  return came === 'empty' || came === 'cancelled' || came === 'nuked' ? undefined : 'bad'
}

function printed(evidence: Json | undefined): Pick<Fact, 'printed'> {
  return typeof evidence === 'string' && evidence !== '' ? { printed: evidence } : {}
}

function fields(value: Json | undefined): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new NotSo()
  return value as Fields // an object of JSON, and no array
}

function list(value: Json | undefined): readonly Json[] {
  if (!Array.isArray(value)) throw new NotSo()
  return value as readonly Json[] // an array of JSON
}

function word(value: Json | undefined): string {
  if (typeof value !== 'string') throw new NotSo()
  return value
}

function wordsOf(value: Json | undefined): readonly string[] {
  return value === undefined ? [] : list(value).map(word)
}

function num(value: Json | undefined): number {
  if (typeof value !== 'number') throw new NotSo()
  return value
}
