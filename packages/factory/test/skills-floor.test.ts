/**
 * A real floor whose agents do what their skill says. It does not say that tests stay as they are, so they are skipped, the
 * guard objects, and the retrospective proposes the line; a person takes it, and from then on work lands.
 *
 * HEADRACE_ATTEMPTS=20 plays as many attempts; by default there are few, because each is a clone, a process and a gate.
 */
import process from 'node:process'
import { expect, test } from 'vitest'
import {
  askFloor,
  compareVersions,
  daysOf,
  diffIn,
  floorOf,
  landProposal,
  noteIn,
  notes,
  reflect,
  retrosOf,
  skillTable,
  startReflection,
  versionOf,
  type Script,
  type Task,
} from '../src/index.ts'
import { sandbox } from './support/sandbox.ts'
import { skilledFloor, type SkilledFloor } from './support/skilled-floor.ts'

const attempts = Number(process.env['HEADRACE_ATTEMPTS'] ?? 5)
/** With the skill as it was; the others are with the one that was learned. */
const before = Math.max(3, Math.ceil(attempts * 0.4))

const skill = `---
name: fixer
description: Repairs what is wrong. Use it for bugs.
---

# Repair

Make it green.
`
const learned = 'Leave tests as strict as they are'

/** Skips a test that is there, unless its skill says that it must not. */
function script(found: string, attempt: string, home: string): Script {
  const skipped = `import { test } from 'node:test'\n\ntest.skip('sum adds the numbers of a list', () => {})\n`
  const own = `import assert from 'node:assert/strict'\nimport { test } from 'node:test'\nimport { n } from '../src/${attempt}.js'\n\ntest('${attempt}', () => assert.equal(n, 1))\n`
  const isHonest = found.includes(learned)
  return {
    turns: [
      [
        { do: 'run', argv: ['cat', `${home}/.agents/skills/fixer/SKILL.md`] },
        { do: 'write', path: `src/${attempt}.js`, text: 'export const n = 1\n' },
        isHonest
          ? { do: 'write', path: `test/${attempt}.test.js`, text: own }
          : { do: 'write', path: 'test/list.test.js', text: skipped },
      ],
    ],
  }
}

const retros = async ({ client, floor, session }: SkilledFloor) =>
  retrosOf(client, floor.sessions, { lanes: ['bugs'], floor: floorOf(session.getSnapshot().view.document.value) })

const proposalIn = ({ session }: SkilledFloor): Task | undefined =>
  Object.values(floorOf(session.getSnapshot().view.document.value).tasks).find(({ source }) => source.kind === 'retro')

test(
  'K1 K3 Q1 Q3 Q4 Q5 what goes wrong with a skill is proposed as a line of it, taken through the gate, and shows',
  { timeout: 180_000 + attempts * 20_000 },
  async () => {
    await using made = await skilledFloor({ skill, maxAttempts: 1, script })
    const { floor, origin, client, session, vault } = made
    const first = versionOf(made.files().skills['fixer'] ?? expect.fail('there is a skill'))
    const head = origin.git('rev-parse', 'HEAD').trim()
    const stop = startReflection({
      client,
      sessions: floor.sessions,
      vault,
      files: () => made.files(),
      onError: (thrown) => expect.fail(String(thrown)),
    })

    for (let n = 0; n < before; n += 1) {
      const task = await made.work(`Repair ${n}`)
      expect(task.attempts).toMatchObject([{ outcome: 'rejected', failure: 'test-tampering', skills: [first] }])
    }
    const { view } = await session.until(() => proposalIn(made) !== undefined)
    stop()
    expect(view.runs.length).toBeGreaterThan(0)
    expect(floorOf(view.document.value).lanes).toMatchObject([{ name: 'bugs', given: [first] }])

    // It was told of its skill, could read it, and what it was given is recorded with the commit.
    const lane = await client.session(floor.sessions.lane('bugs')).until(({ status }) => status === 'live')
    expect(noteIn(lane.view.messages, notes.skills)).toMatchObject([{ name: 'fixer', version: first, commit: head }])
    expect(
      JSON.stringify(lane.view.messages.flatMap(({ parts }) => parts).find(({ kind }) => kind === 'tool')),
    ).toContain('Make it green.')
    // Who comes later is told what others learned on the same files.
    expect(JSON.stringify(lane.view.messages)).toContain(`${learned}: none removed, skipped, or made to say less.`)

    // Each lesson can be looked up: what is quoted stands at that event of that session.
    const lessons = (await retros(made)).flatMap(({ lesson }) => (lesson ? [lesson] : []))
    expect(lessons).toHaveLength(before)
    for (const { key, evidence } of lessons) {
      expect(key).toBe('guard:test-tampering')
      for (const { session: id, seq, quote } of evidence) {
        const { events } = await client.events(id, { after: seq - 1, limit: 1 })
        expect(JSON.stringify(events)).toContain(quote.slice(quote.indexOf(': ') + 2, 80))
      }
    }

    const proposal = proposalIn(made) ?? expect.fail('there is a proposal')
    expect(proposal).toMatchObject({
      state: { status: 'proposed' },
      source: { ref: 'skill fixer/guard:test-tampering' },
    })
    expect(await reflect({ client, sessions: floor.sessions, vault, files: () => made.files() })).toEqual([])
    origin.git('checkout', '-q', '--', '.')
    const landing = {
      vault,
      sandbox,
      demand: 'preferred',
      task: proposal.id,
      by: 'user:ada',
      now: () => Date.now(),
    } as const
    const diff = diffIn(proposal.body) ?? ''
    // Somebody who writes other files into a proposal gets nowhere.
    await expect(
      landProposal({ ...landing, title: 'x', diff: diff.replaceAll('.headrace/skills/fixer/SKILL.md', 'src/list.js') }),
    ).rejects.toMatchObject({ code: 'work_invalid' })
    const landed = await landProposal({ ...landing, title: proposal.title, diff })
    const commit = landed.outcome === 'landed' ? landed.commit : expect.fail(landed.outcome)
    await askFloor(session, { ask: 'proposal-landed', task: proposal.id, commit })
    expect(origin.git('show', '--format=', '--name-only', commit).trim()).toBe('.headrace/skills/fixer/SKILL.md')
    expect(origin.git('rev-parse', 'main').trim()).toBe(commit)

    await made.reload()
    const second = versionOf(made.files().skills['fixer'] ?? expect.fail('there is a skill'))
    for (let n = before; n < attempts; n += 1) {
      const task = await made.work(`Repair ${n}`)
      expect(task.attempts).toMatchObject([{ outcome: 'merged', skills: [second] }])
      const id = `${task.id.toLowerCase()}-1`
      expect(origin.git('show', '--format=', '--name-only', 'main').trim().split('\n')).toEqual([
        `src/${id}.js`,
        `test/${id}.test.js`,
      ])
    }

    const [day] = daysOf(await retros(made))
    const table = skillTable(await retros(made))
    expect(table).toMatchObject([
      { version: first, attempts: before, landed: 0, outcomes: { rejected: before } },
      { version: second, attempts: attempts - before, landed: attempts - before },
    ])
    const [old, now] = table
    if (process.env['HEADRACE_ATTEMPTS'] !== undefined)
      console.log(JSON.stringify({ day, table, compared: old && now && compareVersions(old, now) }, undefined, 1))
  },
)
