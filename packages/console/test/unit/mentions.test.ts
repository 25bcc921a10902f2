import { expect, test } from 'vitest'
import { recipients } from '../../src/model/agents.ts'
import { mentionedAgents } from '../../src/model/mentions.ts'

const known = ['writer', 'Researcher', 'critic.v2']

test.each([
  ['@writer please', ['writer']],
  ['Ask @researcher and @WRITER.', ['Researcher', 'writer']],
  ['(@writer)', ['writer']],
  ['@critic.v2, then @critic.v2 again', ['critic.v2']],
  ['@critic.v2.', ['critic.v2']],
  ['@writer-', ['writer']],
  ['@nobody @todo', []],
  ['mail me@writer or ada@writer.example', []],
  ['@writers', []],
  ['', []],
])('C1: %j mentions %j', (text, agents) => {
  expect(mentionedAgents(text, known)).toEqual(agents)
})

test('C1: who is asked: mentions and picks, else the default; an empty pick asks nobody', () => {
  expect(recipients([], undefined, 'writer')).toEqual(['writer'])
  expect(recipients(['critic'], undefined, 'writer')).toEqual(['critic'])
  expect(recipients(['critic'], ['writer'], 'x')).toEqual(['writer', 'critic'])
  expect(recipients(['critic'], ['critic'], 'x')).toEqual(['critic'])
  expect(recipients([], [], 'writer')).toEqual([])
})
