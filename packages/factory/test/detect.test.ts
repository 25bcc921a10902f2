import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ChunkSteps,
  ExportSteps,
  climb,
  createDetector,
  createRuleSet,
  evaluate,
  falseAlarmsAt,
  fitCuts,
  groundState,
  judgeRun,
  parseTrajectory,
  ruleSetNames,
  type DetectorLimits,
  type Judged,
  type JudgedRun,
  type RuleSetName,
  type Rung,
  type Step,
  type StepVerdict,
} from '@headrace/factory'
import type { SessionEvent } from '@headrace/core'

const minute = 60_000

function shell(command: string, result: string, more: Partial<Step> = {}): Step {
  return { tool: 'bash', args: { command }, result, ...more }
}

function edit(path: string, old: string, text: string, more: Partial<Step> = {}): Step {
  return { tool: 'edit_file', args: { path, old_str: old, new_str: text }, result: `Edited ${path}.`, ...more }
}

function say(text: string): Step {
  return { tool: '', text }
}

function verdicts(steps: readonly Step[], limits: Partial<DetectorLimits> = {}): readonly StepVerdict[] {
  const detector = createDetector(limits)
  return steps.map((step) => detector.step(step))
}

/** What the last step is found to be. */
function last(steps: readonly Step[], limits: Partial<DetectorLimits> = {}): StepVerdict {
  const verdict = verdicts(steps, limits).at(-1)
  if (!verdict) throw new Error('There is no step.')
  return verdict
}

/** Rungs that are taken when nobody listens. */
function rungsOf(steps: readonly Step[]): readonly Rung[] {
  let state = groundState
  return verdicts(steps).flatMap((verdict) => {
    const { state: next, action } = climb(state, verdict)
    state = next
    return action ? [action.rung] : []
  })
}

function times<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

describe('going in circles', () => {
  test('J1a: the same call with the same output is found from the second time on, with the count', () => {
    const all = verdicts(times(3, () => shell('npm test', 'Error: 3 failed in 12 ms')))
    expect(all.map(({ flagged }) => flagged)).toEqual([false, true, true])
    expect(all[2]?.findings[0]).toMatchObject({ kind: 'same-call', evidence: 'same call, same output, 3rd time' })
  })

  test('J2: evidence says how long the difference stood still', () => {
    const steps = times(3, (index) => shell('npm test', 'Error: 3 failed', { diff: 'd1', at: index * 6 * minute }))
    expect(last(steps).findings[0]?.evidence).toBe('same call, same output, 3rd time; diff unchanged for 12 min')
  })

  test('J1a: another folder, other variables, empty arguments and order make no other call', () => {
    const command = [shell('python x.py', 'ImportError'), shell('cd /w && A=1 python  x.py', 'ImportError')]
    expect(last(command).findings[0]?.kind).toBe('same-call-rewritten')
    const args = { file: 'a', line: 3 }
    const again = { line: '3', file: 'a', also: [] }
    const steps = [args, again].map((each): Step => ({ tool: 'fix', args: each, result: 'Error: none' }))
    expect(last(steps).findings[0]?.kind).toBe('same-call-rewritten')
  })

  test('J1a: what failed and is called again with a word or an argument more is found, what went well is not', () => {
    const before = shell('wrong python3 reproduce.py', 'bash: wrong: command not found')
    expect(last([before, shell('python3 reproduce.py', 'ValueError')]).findings[0]?.evidence).toBe(
      'what had just failed was called again, only without `wrong` before it',
    )
    expect(last([shell('time make all', 'done'), shell('make all', 'done well')]).flagged).toBe(false)
  })

  test('J1a: an edit that looks for a text which is not there is found when it was tried before', () => {
    const miss = { result: 'No replacement was performed, old_str did not appear' }
    const steps = [
      edit('a.ts', 'one two', 'x', miss),
      shell('grep one a.ts', '1: one'),
      edit('a.ts', 'one two', 'y', miss),
    ]
    expect(last(steps)).toMatchObject({ flagged: true, findings: [{ kind: 'edit-again' }] })
    expect(last(steps).findings[0]?.evidence).toContain('tried 2 steps ago and failed then')
  })

  test('J1a: outputs that are cut off again, and one folder listed after the other', () => {
    const cut = (path: string): Step => ({ tool: 'view', args: { path }, result: `${path} … [truncated]` })
    expect(last([cut('a.py'), cut('b.py')]).findings[0]?.kind).toBe('cut-again')
    expect(last([shell('ls -la /a', 'x'), shell('ls -la /b', 'y')]).findings[0]?.kind).toBe('listing-elsewhere')
    expect(last([shell('ls /a', 'x'), shell('ls -R /b', 'y')]).flagged).toBe(false)
  })

  test('J1a: calls in turn, a scratch file that comes and goes, and failures in a row count, without being flagged', () => {
    const turn = times(6, (index) => (index % 2 === 0 ? shell('cat a', 'aaaa') : shell('cat b', 'bbbb')))
    expect(last(turn).findings.map(({ kind }) => kind)).toContain('cycle')
    const scratch = times(6, (index) =>
      index % 2 === 0
        ? ({ tool: 'create_file', args: { path: '/w/try.py', text: `print(${index})` }, result: 'Created.' } as const)
        : shell('rm /w/try.py', ''),
    )
    expect(last(scratch).findings.find(({ kind }) => kind === 'scratch-churn')?.evidence).toBe(
      'try.py was made 3 times and removed 3 times',
    )
    const errors = times(5, (index) => shell(`tool${index} go`, `Error: no such option ${'x'.repeat(index)}`))
    expect(last(errors).findings.map(({ kind }) => kind)).toContain('error-streak')
  })

  test('J1a: edit and run with the same failure, tokens without change, a plan that stands', () => {
    const loop = times(8, (index) =>
      index % 2 === 0
        ? edit('a.ts', `v${index}`, `w${index}`)
        : shell('npm test', 'AssertionError', { failing: ['sum adds', 'sum is'] }),
    )
    expect(last(loop).findings.find(({ kind }) => kind === 'same-failure')?.evidence).toBe(
      '4th run with the same failure, each after another edit: sum adds, sum is',
    )
    const still = times(4, (index) =>
      shell(`cat f${index}`, `text ${index}`, { diff: 'd', tokens: 30_000, at: index * minute }),
    )
    expect(last(still).findings.find(({ kind }) => kind === 'tokens-without-change')?.evidence).toBe(
      '90000 tokens in 3 steps and 3 min with diff and tests unchanged',
    )
    const plan = times(32, (index) =>
      shell(`cat f${index}`, `word${'abcdefghijklmnopqrstuvwxyzabcdef'[index]}`, { plan: 'p' }),
    )
    expect(last(plan).findings.map(({ kind }) => kind)).toContain('plan-still')
  })

  test('J1a: talk without a call, and success claimed while the last run is red', () => {
    expect(last([say('I will look.'), say('I will look.')])).toMatchObject({
      flagged: true,
      findings: [{ kind: 'talk' }],
    })
    expect(last([say('a'), say('b'), say('c')]).flagged).toBe(true)
    const red = shell('npm test', 'x\n3 failed, 2 passed')
    const claim = last([red, say('The bug is fixed and all tests pass.')])
    expect(claim.findings.find(({ kind }) => kind === 'claims-success')?.evidence).toContain('3 failed, 2 passed')
    expect(last([red, say('The bug is not fixed yet.')]).findings).toEqual([])
  })

  test('J1a: what is outside of the mandate, and outputs with nothing new in them', () => {
    const allows = (path: string): boolean => path.startsWith('src/')
    expect(last([edit('docs/a.md', 'a', 'b')], { allows }).findings).toMatchObject([
      { kind: 'out-of-scope', evidence: 'docs/a.md is outside of the mandate' },
    ])
    const looks = times(6, (index) => shell(`grep ${index} a.ts`, 'function alpha in module beta'))
    expect(last(looks).findings.map(({ kind }) => kind)).toContain('nothing-new')
  })
})

describe('what only looks like it', () => {
  const quiet = (steps: readonly Step[]): void => {
    expect(verdicts(steps).filter(({ flagged }) => flagged)).toEqual([])
    expect(rungsOf(steps)).toEqual([])
  }

  test('J1c: a long job that is polled fifty times is waited for, with pauses and without', () => {
    quiet(times(50, (index) => shell('gh run view 7', index < 49 ? 'in_progress' : 'completed')))
    quiet(times(50, () => shell('sleep 60 && tail -1 build.log', 'step 4 of 9')))
    quiet(times(50, (index) => shell('curl -s localhost/status', `{"status":"running","done":${index}}`)))
    quiet(times(50, (index) => (index % 2 === 0 ? shell('sleep 30', '') : shell('curl -s localhost/status', 'queued'))))
    const waits = verdicts(times(3, () => shell('gh run watch 7 --exit-status', 'queued')))
    expect(waits.map(({ waiting }) => waiting)).toEqual([false, true, true])
  })

  test('J1c: a slow build that prints how far it is, is waited for; one that prints the same for ever is not', () => {
    quiet(
      times(30, (index) =>
        shell('make status', `part ${'abcdefghijklmnopqrstuvwxyzabcdef'[index]}`, { at: index * minute }),
      ),
    )
    expect(last(times(70, () => shell('sleep 60; cat log', 'nothing'))).flagged).toBe(true)
  })

  test('J1c: that a test run is cut to its last lines does not make it waiting', () => {
    const all = verdicts(times(3, () => shell('npm test 2>&1 | tail -20', 'Error: 3 failed')))
    expect(all.map(({ flagged }) => flagged)).toEqual([false, true, true])
  })

  test('J1b: the same edit of one file after the other', () => {
    quiet(times(40, (index) => edit(`src/file${index}.ts`, "from 'old'", "from 'new'")))
  })

  test('J1b: a build that is run again after each edit, as long as something changes', () => {
    quiet(
      times(40, (index) =>
        index % 2 === 0
          ? edit('src/a.ts', `step ${index}`, `step ${index + 1}`)
          : shell('make', `src/a.ts: error in ${'abcdefghijklmnopqrstuvwxyzabcdefghijklmnop'[index]}`),
      ),
    )
  })

  test('J1b: a long list that is translated entry by entry', () => {
    quiet(
      times(40, (index) => edit('fr.json', `"key${index}": "English ${index}"`, `"key${index}": "Français ${index}"`)),
    )
  })

  test('J1b: a test that is run again after an edit and is green', () => {
    quiet([
      shell('npm test', '1 failed'),
      edit('a.ts', 'a', 'b'),
      shell('npm test', '12 passed'),
      say('The bug is fixed, all tests pass.'),
    ])
  })

  test('J4: where the lines are drawn is of the lane', () => {
    const steps = [shell('ls -la /a', 'x'), shell('ls -la /b', 'y')]
    expect([last(steps).flagged, last(steps, { cut: 0.7 }).flagged]).toEqual([true, false])
    const errors = times(3, (index) => shell(`tool${index} go`, 'Error: no'))
    expect(last(errors, { streak: 3 }).findings.map(({ kind }) => kind)).toContain('error-streak')
  })
})

describe('the ladder', () => {
  test('J2a: who goes on with the same is nudged, narrowed, begun afresh, given up and left to a person, in this order', () => {
    const steps = times(40, () => shell('npm test', 'Error: 3 failed'))
    expect(rungsOf(steps)).toEqual(['nudge', 'narrow', 'fresh', 'nuke', 'park'])
  })

  test('J2a: between two rungs it has time, and who does better goes down again', () => {
    const bad = shell('npm test', 'Error: 3 failed')
    const good = times(14, (index) => shell(`cat f${index}`, `line${'abcdefghijklmnopqrst'[index]}`))
    expect(rungsOf([...times(4, () => bad), ...good, ...times(4, () => bad)])).toEqual(['nudge', 'nudge'])
    const all = verdicts(times(9, () => bad))
    let state = groundState
    const at = all.flatMap((verdict) => {
      const { state: next, action } = climb(state, verdict)
      state = next
      return action ? [verdict.step] : []
    })
    expect(at.length).toBe(2)
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(4)
  })

  test('J2a: a rung says the facts, and a lane can say how far it goes by itself', () => {
    const all = verdicts(times(40, () => shell('npm test', 'Error: 3 failed')))
    let state = groundState
    const taken = all.flatMap((verdict) => {
      const { state: next, action } = climb(state, verdict, { highest: 'narrow' })
      state = next
      return action ? [action] : []
    })
    expect(new Set(taken.map(({ rung }) => rung))).toEqual(new Set(['nudge', 'narrow']))
    expect(taken[0]?.evidence[0]).toMatch(/^same call, same output, \d/)
  })
})

describe('what a detector keeps', () => {
  const anyStep: fc.Arbitrary<Step> = fc.record(
    {
      tool: fc.constantFrom('', 'bash', 'edit_file', 'view', 'wait'),
      args: fc.oneof(
        fc.jsonValue(),
        fc.record({ command: fc.string(), path: fc.string() }),
        fc.record({ title: fc.string(), input: fc.jsonValue() }),
      ) as fc.Arbitrary<NonNullable<Step['args']>>, // what JSON can hold
      result: fc.oneof(fc.string(), fc.constantFrom('error', 'pending', '3 failed', 'ok')),
      text: fc.string(),
      diff: fc.constantFrom('a', 'b'),
      failing: fc.array(fc.string(), { maxLength: 3 }),
      tokens: fc.nat(),
      plan: fc.constantFrom('p', 'q'),
      at: fc.nat(),
    },
    { requiredKeys: ['tool'] },
  )

  test('J1: the same steps have the same verdicts, whatever they hold, for every set of rules', () => {
    fc.assert(
      fc.property(
        fc.array(anyStep, { maxLength: 30, size: 'max' }),
        fc.constantFrom(...ruleSetNames),
        (steps, name) => {
          const judge = (): readonly StepVerdict[] => {
            const detector = createRuleSet(name)
            return steps.map((step) => detector.step(step))
          }
          const all = judge()
          expect(judge()).toEqual(all)
          for (const { score, findings } of all) {
            expect(score >= 0 && score <= 1).toBe(true)
            for (const { evidence } of findings) expect(evidence.length).toBeLessThan(1_000)
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  test('J1: a verdict does not depend on what comes after', () => {
    const steps = [shell('a b', 'x'), shell('a b', 'x'), edit('f', 'a', 'b'), shell('a b', 'y')]
    const whole = verdicts(steps)
    for (const length of [1, 2, 3]) expect(verdicts(steps.slice(0, length))).toEqual(whole.slice(0, length))
  })
})

describe('rules of others', () => {
  const flags = (name: RuleSetName, steps: readonly Step[]): readonly number[] => {
    const detector = createRuleSet(name)
    return steps.flatMap((step, index) => (detector.step(step).flagged ? [index] : []))
  }
  const same = times(6, () => shell('npm test', 'Error: 3 failed'))

  test('J3a: each fires where its description says', () => {
    expect(flags('roo', same)).toEqual([2, 3, 4, 5])
    expect(flags('cline', same)).toEqual([2, 3, 4, 5])
    expect(flags('gemini', same)).toEqual([4, 5])
    expect(flags('openhands', same)).toEqual([2, 3, 4, 5])
    expect(flags('identical', same)).toEqual([1, 2, 3, 4, 5])
    const good = times(6, () => shell('cat a', 'alpha'))
    expect(flags('openhands', good)).toEqual([3, 4, 5])
  })

  test('J3a: cycles, words that repeat, and who stops when', () => {
    const turn = times(10, (index) => shell(index % 2 === 0 ? 'cat a' : 'cat b', index % 2 === 0 ? 'a' : 'b'))
    expect(flags('openhands', turn)[0]).toBe(5)
    expect(flags('gemini', turn)).toEqual([9])
    expect(flags('roo', turn)).toEqual([])
    const words = 'I am going to read the file once more to be sure about it. '.repeat(12)
    expect(flags('gemini', [say(words)])).toEqual([0])
    expect(flags('gemini', [say(`\`\`\`\n${words}\n\`\`\``)])).toEqual([])
    expect(flags('openhands', [say('Hm.'), say('Hm.'), say('Hm.')])).toEqual([2])
    const stops = (name: RuleSetName): number => {
      const detector = createRuleSet(name)
      return same.findIndex((step) => detector.step(step).stop)
    }
    expect([stops('roo'), stops('cline'), stops('gemini'), stops('openhands')]).toEqual([2, 4, 4, 3])
  })
})

describe('measuring', () => {
  const judged = (score: number, isRepetition: boolean): Judged => ({ score, flagged: score >= 0.5, isRepetition })
  const run = (agent: string, id: string, steps: readonly Judged[], more: Partial<JudgedRun> = {}): JudgedRun => ({
    agent,
    run: id,
    steps: steps.length,
    verdicts: [],
    judged: steps,
    rungs: [],
    ...more,
  })

  test('J3: precision, recall, F1 and the area are those of the textbook', () => {
    const steps = [judged(0.9, true), judged(0.8, false), judged(0.7, true), judged(0.2, true), judged(0, false)]
    const [agent] = evaluate([run('a', '1', steps)])
    expect(agent?.metrics).toMatchObject({ flagged: 3, hits: 2, precision: 2 / 3, recall: 2 / 3, f1: 2 / 3 })
    expect(agent?.metrics.prAuc).toBeCloseTo((1 + 2 / 3 + 3 / 4) / 3)
    expect([0.3, 0.5, 1].map((recall) => falseAlarmsAt(steps, recall))).toEqual([0, 1, 1])
  })

  test('J3: intervals are drawn over runs, the same for the same seed, and hold the figure', () => {
    const runs = times(12, (index) =>
      run('a', `${index}`, [judged(index % 3 === 0 ? 0.9 : 0.1, index % 4 === 0), judged(0.9, true)]),
    )
    const [first] = evaluate(runs, { seed: 7, samples: 500 })
    expect(evaluate(runs, { seed: 7, samples: 500 })[0]).toEqual(first)
    const [low, high] = first?.intervals.f1 ?? [1, 0]
    expect(low).toBeLessThan(first?.metrics.f1 ?? 0)
    expect(high).toBeGreaterThan(first?.metrics.f1 ?? 1)
  })

  test('J3: the threshold for an agent is chosen on the others alone', () => {
    const low = run('low', '1', [judged(0.5, true), judged(0.4, false), judged(0.55, true)])
    const high = run('high', '1', [judged(0.8, true), judged(0.7, false), judged(0.6, false)])
    expect(fitCuts([low, high], 0.5)).toEqual(
      new Map([
        ['low', 0.8],
        ['high', 0.5],
      ]),
    )
    expect(fitCuts([low], 0.5)).toEqual(new Map([['low', 0.5]]))
  })

  test('J3: stops, nukes and steps saved are counted apart for solved and unsolved runs', () => {
    const steps = [judged(0, false)]
    const [agent] = evaluate([
      run('a', '1', steps, { resolved: true, steps: 10, stoppedAt: 3 }),
      run('a', '2', steps, { resolved: true, steps: 10 }),
      run('a', '3', steps, { resolved: false, steps: 10, stoppedAt: 3, rungs: [{ step: 3, rung: 'nuke' }] }),
      run('a', '4', steps, { steps: 10, stoppedAt: 1 }),
    ])
    expect(agent?.outcome).toEqual({
      solved: 2,
      unsolved: 1,
      falseStopsPer100: 50,
      falseNukesPer100: 0,
      toldPer100: 50,
      stoppedUnsolved: 1,
      savedSteps: 6,
      unsolvedSteps: 10,
    })
  })

  test('J3b: a line that is no run says which field is wrong, and of a result only what was there by then is read', () => {
    const line = (value: unknown): string => JSON.stringify(value)
    expect(() => parseTrajectory('{')).toThrow('it is no JSON')
    expect(() => parseTrajectory(line({ agent: 'a', run: 'r', steps: [1] }))).toThrow('steps[0] must be an object')
    expect(() => parseTrajectory(line({ agent: 'a', run: 'r', steps: [{ vsPrevious: { action: 'Loop' } }] }))).toThrow(
      'steps[0].vsPrevious.action must be one of',
    )
    const { steps } = parseTrajectory(
      line({
        agent: 'a',
        run: 'r',
        resolved: null,
        steps: [{ action: { name: 'bash', args: {} }, result: "out; Next action: {'name': 'x'}\n---" }],
      }),
    )
    expect(steps[0]?.step.result).toBe('out')
  })

  const data = process.env['HEADRACE_TRAJECTORIES'] ?? ''

  test.skipIf(!existsSync(data))(
    'J3c: on the public runs in HEADRACE_TRAJECTORIES ours has the highest F1 of all rules',
    () => {
      const bytes = readFileSync(data)
      const text = (data.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
      const runs = text.trim().split('\n').map(parseTrajectory)
      const f1 = (name: RuleSetName): ReadonlyMap<string, number> => {
        const all = runs.map((each) => judgeRun(each, createRuleSet(name)))
        const agents = evaluate(all, { samples: 10, ...(name === 'ours' && { cuts: fitCuts(all, 0.5) }) })
        if (name === 'ours') for (const { outcome } of agents) expect(outcome.falseNukesPer100).toBe(0)
        return new Map(agents.map(({ agent, metrics }) => [agent, metrics.f1]))
      }
      const ours = f1('ours')
      for (const name of ruleSetNames) {
        if (name === 'ours') continue
        for (const [agent, value] of f1(name))
          expect({ agent, name, isLess: value < (ours.get(agent) ?? 0) }).toMatchObject({ isLess: true })
      }
    },
  )
})

describe('where steps come from', () => {
  test('J5: what an agent is heard to say and do becomes steps, and what it says last one of its own', () => {
    const steps = new ChunkSteps()
    const heard = [
      steps.read({ type: 'reasoning', text: 'Let me ' }),
      steps.read({ type: 'text', text: 'look.' }),
      steps.read({ type: 'data', name: 'factory.plan', value: [{ content: 'a', status: 'pending' }] }),
      steps.read({ type: 'usage', usage: { inputTokens: 10, outputTokens: 5 } }),
      steps.read({ type: 'tool-call', callId: '1', name: 'execute', input: { title: 'ls', input: { command: 'ls' } } }),
      steps.read({ type: 'tool-result', callId: '1', output: 'half', preliminary: true }),
      steps.read({ type: 'tool-result', callId: '1', output: 'a b' }, 5),
      steps.read({ type: 'tool-call', callId: '2', name: 'edit', input: { paths: ['/w/a.ts'] } }),
      steps.read({ type: 'tool-error', callId: '2', error: 'No.' }),
      steps.read({ type: 'text', text: 'Done.' }),
      steps.end(),
    ].filter((step) => step !== undefined)
    expect(heard).toMatchObject([
      { tool: 'execute', kind: 'execute', result: 'a b', text: 'Let me look.', tokens: 15, at: 5 },
      { tool: 'edit', kind: 'edit', result: 'No.', failed: true },
      { tool: '', text: 'Done.' },
    ])
    expect(heard[0]?.plan).toBeDefined()
  })

  test('J5: calls of a lane are compared by what was called, not by how the lane shows it', () => {
    const call = (title: string): Step => ({
      tool: 'execute',
      kind: 'execute',
      args: { title, input: { command: 'npm test' } },
      result: 'Error: 3 failed',
    })
    expect(last([call('Run the tests'), call('Run them again')]).findings[0]?.kind).toMatch(/^same-call/)
  })

  test('J5: what is another one each time, a shell around a command, and a command that is only a title', () => {
    const codex = (id: number): Step => ({
      tool: 'execute',
      kind: 'execute',
      args: {
        title: 'Run',
        input: { call_id: `c${id}`, started_at_ms: id, command: ['/bin/bash', '-lc', 'npm test'] },
      },
      result: 'Error: 3 failed',
    })
    expect(last([codex(1), codex(2)]).findings[0]).toMatchObject({ kind: 'same-call' })
    const titled = (title: string, result: string): Step => ({
      tool: 'execute',
      kind: 'execute',
      args: { title },
      result,
    })
    const polls = times(10, () => titled('sleep 30; tail -1 build.log', ''))
    expect(verdicts(polls).filter(({ waiting }) => waiting)).toHaveLength(9)
    // Two commands that print nothing are not one.
    expect(last([titled('git add -A', ''), titled('mkdir -p src', '')]).score).toBeLessThan(0.2)
  })

  test('J5: the runs of an exported session are read from its events', () => {
    const session = new ExportSteps()
    let seq = 0
    const add = (type: SessionEvent['type'], data: object): void =>
      session.read({ seq: ++seq, at: seq * 1_000, actor: 'agent:a', type, data, run: 'r1' } as unknown as SessionEvent) // only what is read
    add('run.queued', { id: 'r1', agent: 'lane-a' })
    add('message.opened', { id: 'm1', parent: null, role: 'assistant' })
    for (const part of ['p1', 'p2']) {
      const start = { kind: 'tool', name: 'execute', callId: part, input: { input: { command: 'npm test' } } }
      add('part.opened', { message: 'm1', part, attempt: 1, start })
      add('part.closed', { message: 'm1', part, fields: { error: 'Error: 3 failed' } })
    }
    add('part.opened', { message: 'm1', part: 'p3', attempt: 1, start: { kind: 'text' } })
    add('part.delta', { message: 'm1', part: 'p3', text: 'All done.' })
    add('part.closed', { message: 'm1', part: 'p3' })
    add('message.closed', { id: 'm1' })
    const [trajectory] = session.runs()
    if (!trajectory) throw new Error('There is no run.')
    expect(trajectory).toMatchObject({ agent: 'lane-a', run: 'r1' })
    expect(trajectory.steps.map(({ step }) => step.text ?? step.tool)).toEqual(['execute', 'execute', 'All done.'])
    const { verdicts: all } = judgeRun(trajectory, createDetector())
    expect(all.map(({ flagged }) => flagged)).toEqual([false, true, false])
  })
})
