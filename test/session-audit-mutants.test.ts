/**
 * The session kit finds what is broken: each mutant is our server behind an adapter that makes it break one promise, and
 * the questions named with it must fail.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  runScenario,
  scenarios,
  scoreAreas,
  type Action,
  type Agent,
  type Outcome,
  type SessionServer,
  type Tab,
  type Work,
} from '@headrace/testing/session-kit'
import { startAuditTarget } from './support/audit-target.ts'

interface Mutant {
  readonly breaks: string
  readonly found: readonly string[]
  /** It shows in something that never comes. */
  readonly hangs?: true
  readonly tab?: (tab: Tab) => Tab
  readonly work?: (work: Work) => Work
  readonly server?: (server: SessionServer) => SessionServer
}

/** The object with some of its methods replaced; the others are its own. */
function changed<T extends object>(whole: T, changes: Partial<T>): T {
  return new Proxy(whole, {
    get(target, key) {
      if (Object.hasOwn(changes, key)) return Reflect.get(changes, key) as unknown
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

const fine: Outcome = { result: 'done', position: 0 }

const mutants: readonly Mutant[] = [
  {
    breaks: 'a resume leaves one entry out',
    found: ['E1', 'X1', 'X2'],
    tab(tab) {
      const resumedAt = new Set<number>()
      return changed(tab, {
        async back() {
          resumedAt.add(tab.entries.length)
          await tab.back()
        },
        get entries() {
          return tab.entries.filter((_, index) => !resumedAt.has(index))
        },
      })
    },
  },
  {
    breaks: 'a resume repeats an entry',
    found: ['E1', 'X1', 'X2'],
    tab: (tab) =>
      changed(tab, {
        get entries() {
          return tab.entries.flatMap((entry, index) => (index === 3 ? [entry, entry] : [entry]))
        },
      }),
  },
  {
    breaks: 'a closed connection is taken for a stop',
    found: ['Q7'],
    tab: (tab) =>
      changed(tab, {
        drop() {
          void tab.do({ do: 'stop', what: 'all' }).then(() => tab.drop())
        },
      }),
  },
  {
    breaks: 'a stop needs an agent to be there',
    found: ['Q9', 'E4'],
    hangs: true,
    tab: (tab) =>
      changed(tab, {
        async do(action: Action, id?: string) {
          const isTaken = tab.state.runs.some(({ status }) => status === 'working')
          return action.do === 'stop' && !isTaken ? fine : tab.do(action, id)
        },
      }),
  },
  {
    breaks: 'a command that is sent again is done again',
    found: ['X13'],
    tab: (tab) => changed(tab, { do: (action: Action) => tab.do(action) }),
  },
  {
    breaks: 'the loser of an approval is not told who won',
    found: ['Q17'],
    tab: (tab) =>
      changed(tab, {
        async do(action: Action, id?: string) {
          const outcome = await tab.do(action, id)
          if (outcome.result !== 'refused') return outcome
          const { result, code, why } = outcome
          return { result, code, why }
        },
      }),
  },
  {
    breaks: 'rights are the client’s to say',
    found: ['Q20'],
    server: (server) =>
      changed(server, {
        open: (session, who, options) =>
          server.open(
            session,
            { ...who, rights: ['read', 'post', 'send', 'control', 'answer', 'drive', 'admin'] },
            options,
          ),
      }),
  },
  {
    breaks: 'a joiner gets a replay of every entry',
    found: ['E2'],
    server: (server) =>
      changed(server, { open: (session, who, options) => server.open(session, who, { ...options, after: 0 }) }),
  },
  {
    breaks: 'what a zombie writes is taken',
    found: ['Q16', 'E21', 'E31'],
    work: (work) =>
      changed(work, {
        say: async (text: string, step?: string) => accepted(await work.say(text, step)),
        suspend: async (keys: readonly string[]) => accepted(await work.suspend(keys)),
      }),
  },
  {
    breaks: 'a retry repeats what the lost attempt wrote',
    found: ['Q15'],
    work: (work) => changed(work, { say: (text: string) => work.say(text) }),
  },
  {
    breaks: 'the prompt forgets what was stopped',
    found: ['Q11'],
    work: (work) =>
      changed(work, {
        get prompt() {
          return work.prompt.filter(({ isStopped }) => !isStopped)
        },
      }),
  },
  {
    breaks: 'tokens come when the answer is whole',
    found: ['Q4'],
    hangs: true,
    work(work) {
      const held: string[] = []
      return changed(work, {
        async say(text: string) {
          held.push(text)
          return fine
        },
        async end(how: 'complete' | 'failed') {
          await work.say(held.join(''))
          return work.end(how)
        },
      })
    },
  },
]

function accepted(outcome: Outcome): Outcome {
  return outcome.result === 'refused' ? fine : outcome
}

function broken(server: SessionServer, { tab, work, server: change }: Mutant): SessionServer {
  const base = change?.(server) ?? server
  const brokenAgent = (agent: Agent): Agent =>
    work ? changed(agent, { work: async () => work(await agent.work()) }) : agent
  return changed(base, {
    open: async (...given) => {
      const opened = await base.open(...given)
      return tab?.(opened) ?? opened
    },
    agent: async (...given) => brokenAgent(await base.agent(...given)),
  })
}

describe('the session kit finds', () => {
  let server: SessionServer | undefined
  beforeAll(async () => {
    server = await startAuditTarget()
  })
  afterAll(async () => {
    await server?.close()
  })

  test.concurrent.each(mutants)('$breaks: $found', async (mutant) => {
    if (!server) throw new Error('The server did not start.')
    const target = broken(server, mutant)
    for (const id of mutant.found) {
      const scenario = scenarios.find((candidate) => candidate.id === id)
      if (!scenario) throw new Error(`There is no question ${id}.`)
      const result = await runScenario(target, scenario, { deadlineMs: mutant.hangs ? 5_000 : 170_000 })
      const { outcome } = result
      expect([id, outcome.verdict]).toEqual([id, 'failed'])
      const neverCame = outcome.verdict === 'failed' && outcome.why.startsWith('never came')
      expect([id, neverCame]).toEqual([id, mutant.hangs === true])
      expect(scoreAreas([result]).find(({ area }) => area === scenario.area)).toMatchObject({
        score: 0,
        missing: [`${id} (failed)`],
      })
    }
  })
})
