/** A real floor whose agents do what their skills say: what they are given, what is recorded of it, what is in the work. */
import { expect, test } from 'vitest'
import { hashSkill, noteIn, notes, type ScriptStep } from '../src/index.ts'
import { skilledFloor } from './support/skilled-floor.ts'

const skill = (words: string): string =>
  `---\nname: fixer\ndescription: Repairs what is wrong. Use it for bugs.\n---\n\n# Repair\n\n${words}\n`
const versionOf = (words: string): string => {
  const content = new TextEncoder().encode(skill(words))
  return `fixer@${hashSkill([{ path: 'SKILL.md', mode: '100644', content }]).slice(0, 12)}`
}

test('K1 K3 an attempt is given the version of the base branch, it is recorded, and nothing of it is in the work', async () => {
  await using made = await skilledFloor({
    skill: skill('Write it down.'),
    maxAttempts: 1,
    script: (found, attempt, home) => {
      const write = (name: string, text: string): ScriptStep => ({ do: 'write', path: name, text })
      return {
        turns: [
          [
            { do: 'run', argv: ['cat', `${home}/.agents/skills/fixer/SKILL.md`] },
            write(`src/${attempt}.js`, `export const found = ${JSON.stringify(found.split('\n').at(-2))}\n`),
          ],
        ],
      }
    },
  })
  const { floor, origin, client } = made
  const first = await made.work('One')
  expect(first.attempts.map(({ outcome, skills }) => [outcome, skills])).toEqual([
    ['merged', [versionOf('Write it down.')]],
  ])
  const { view } = await client.session(floor.sessions.lane('bugs')).until(({ status }) => status === 'live')
  expect(noteIn(view.messages, notes.skills)).toMatchObject([
    { name: 'fixer', version: versionOf('Write it down.'), commit: origin.git('rev-parse', 'HEAD~1').trim() },
  ])
  // It was told of it, and could read it.
  const read = view.messages.flatMap(({ parts }) => parts).find((part) => part.kind === 'tool')
  expect(JSON.stringify(read)).toContain('Write it down.')
  expect(origin.git('show', '--format=', '--name-only', 'HEAD').trim()).toBe('src/t1-1.js')
  expect(origin.git('show', 'HEAD:src/t1-1.js')).toContain('"Write it down."')

  origin.write({ '.headrace/skills/fixer/SKILL.md': skill('Write it twice.') })
  origin.git('checkout', '-q', '--', 'src')
  origin.commit('Other words')
  await made.reload()
  const second = await made.work('Two')
  expect(second.attempts.at(-1)).toMatchObject({ outcome: 'merged', skills: [versionOf('Write it twice.')] })
  expect(origin.git('show', 'HEAD:src/t2-1.js')).toContain('"Write it twice."')
})
