import { check, done, refused, same } from '../check.ts'
import { ada, bob } from '../people.ts'
import { requestFor, type Stage } from '../stage.ts'
import { together } from '../together.ts'
import type { Scenario } from '../scenario.ts'
import type { Tab } from '../session-server.ts'

const approve = { kind: 'decision', approved: true } as const
const deny = { kind: 'decision', approved: false } as const

export const requests: readonly Scenario[] = [
  {
    id: 'Q17',
    title:
      'one approval answered from two devices at the same moment is decided once, 200 times, and the loser learns by whom',
    area: 'requests',
    needs: ['approvals', 'identities'],
    async run(stage) {
      const tabs = [await stage.tab(), await stage.tab(bob)] as const
      const work = await stage.begin(tabs[0], await stage.agent(), 'go')
      const wins = { ada: 0, bob: 0 }
      for (let round = 0; round < 200; round += 1) {
        const title = `Book ${round}?`
        await work.ask({ kind: 'approval', key: `book-${round}`, title, action: `book ${round}` })
        const id = await everywhere(stage, tabs, title)
        const outcomes = await together(
          round,
          () => tabs[0].do({ do: 'answer', request: id, answer: approve }),
          () => tabs[1].do({ do: 'answer', request: id, answer: deny }),
        )
        const winner = outcomes[0].result === 'done' ? 0 : 1
        const [won, lost] = [outcomes[winner], outcomes[1 - winner]]
        check(won && lost, 'two outcomes')
        done(won, 'the winner')
        refused(lost, 'the loser')
        const name = winner === 0 ? 'ada' : 'bob'
        same(lost.by, name, 'who won, as the loser is told')
        wins[name] += 1
        await stage.comes('the answer', work.told('answered'))
        check(!work.wasTold('answered'), 'the agent was told twice')
        for (const tab of tabs) {
          const closed = await stage.until(tab, 'the decision', (state) => {
            const request = requestFor(state, title)
            return request?.status === 'answered' && request
          })
          same([closed.by, closed.answer], [name, winner === 0 ? approve : deny], 'the decision on each screen')
        }
      }
      stage.note(`won by one device ${wins.ada} times, by the other ${wins.bob} times`)
    },
  },
  {
    id: 'Q18',
    title: 'an approval that nobody answers ends by itself, as a denial, and the agent is told',
    area: 'requests',
    needs: ['approvals'],
    async run(stage) {
      const tab = await stage.tab()
      const work = await stage.begin(tab, await stage.agent(), 'go')
      await work.ask({ kind: 'approval', key: 'book', title: 'Book?', action: 'book', expiresMs: 1_000 })
      const { id } = await stage.request(tab, 'Book?')
      await stage.comes('the end of the waiting', work.told('answered'))
      const { answer } = await stage.until(tab, 'the end of the request', (state) => {
        const request = requestFor(state, 'Book?')
        return request?.status === 'expired' && request
      })
      same(answer, deny, 'what stands for an answer')
      refused(await tab.do({ do: 'answer', request: id, answer: approve }), 'an answer that is too late')
    },
  },
  {
    id: 'E14',
    title: 'of two screens that answer one question one counts, and both show the same answer',
    area: 'requests',
    needs: ['approvals'],
    async run(stage) {
      const tabs = [await stage.tab(), await stage.tab(bob)] as const
      const work = await stage.begin(tabs[0], await stage.agent(), 'go')
      await work.ask({ kind: 'question', key: 'seat', title: 'Window or aisle?' })
      const id = await everywhere(stage, tabs, 'Window or aisle?')
      const values = ['window', 'aisle']
      const outcomes = await Promise.all(
        tabs.map((tab, index) =>
          tab.do({ do: 'answer', request: id, answer: { kind: 'value', value: values[index] } }),
        ),
      )
      same(outcomes.map(({ result }) => result).sort(), ['done', 'refused'], 'the outcomes')
      const expected = { kind: 'value', value: values[outcomes.findIndex(({ result }) => result === 'done')] }
      for (const tab of tabs) {
        await stage.until(tab, 'the answer', (state) => requestFor(state, 'Window or aisle?')?.status === 'answered')
        same(requestFor(tab.state, 'Window or aisle?')?.answer, expected, 'the answer')
      }
    },
  },
  {
    id: 'E15',
    title: 'an approval that comes when the agent’s process is long gone, and the server was restarted, wakes the run',
    area: 'requests',
    needs: ['approvals', 'suspend', 'restart'],
    isAlone: true,
    async run(stage) {
      const tab = await stage.tab()
      const agent = await stage.agent()
      const work = await stage.begin(tab, agent, 'go')
      await work.ask({ kind: 'approval', key: 'book', title: 'Book?', action: 'book' })
      done(await work.suspend(['book']), 'suspending')
      agent.kill()
      await stage.comes('a server that is back', stage.server.restart())
      const phone = await stage.tab(bob)
      const { id } = await stage.request(phone, 'Book?')
      done(await phone.do({ do: 'answer', request: id, answer: approve }), 'approving')
      const again = await stage.comes('the run again', (await stage.agent()).work())
      same(
        again.requests.map(({ by, answer }) => [by, answer]),
        [['bob', approve]],
        'what the agent finds',
      )
      await again.say('Booked.')
      await again.end('complete')
      same((await stage.over(phone, work.run)).end, 'complete', 'how it ended')
      stage.note('no clock was moved: a restart stands for the days')
    },
  },
  {
    id: 'E16',
    title: 'approve and reject of one person in two tabs at the same moment are one decision',
    area: 'requests',
    needs: ['approvals'],
    async run(stage) {
      const tabs = [await stage.tab(), await stage.tab()] as const
      const work = await stage.begin(tabs[0], await stage.agent(), 'go')
      for (let round = 0; round < 20; round += 1) {
        const title = `Book ${round}?`
        await work.ask({ kind: 'approval', key: `book-${round}`, title, action: 'book' })
        const id = await everywhere(stage, tabs, title)
        const outcomes = await together(
          round,
          () => tabs[0].do({ do: 'answer', request: id, answer: approve }),
          () => tabs[1].do({ do: 'answer', request: id, answer: deny }),
        )
        same(outcomes.map(({ result }) => result).sort(), ['done', 'refused'], 'the outcomes')
        const expected = outcomes[0].result === 'done' ? approve : deny
        for (const tab of tabs) {
          await stage.until(tab, 'the decision', (state) => requestFor(state, title)?.status === 'answered')
          same(requestFor(tab.state, title)?.answer, expected, 'the decision')
        }
      }
    },
  },
  {
    id: 'E17',
    title: 'a device that may not do what is asked says so, and the agent goes on with that',
    area: 'tools',
    needs: ['client-tools'],
    async run(stage) {
      const tab = await stage.tab()
      const work = await stage.begin(tab, await stage.agent(), 'go')
      await work.ask({ kind: 'tool', key: 'place', title: 'Where are you?', name: 'geolocation' })
      const { id } = await stage.request(tab, 'Where are you?')
      done(await tab.do({ do: 'claim', request: id, device: 'laptop' }), 'claiming')
      const error = { kind: 'error', error: 'Permission denied.' } as const
      done(await tab.do({ do: 'answer', request: id, answer: error, device: 'laptop' }), 'saying so')
      await stage.comes('the answer', work.told('answered'))
      const { answer } = await stage.until(tab, 'the answer', (state) => {
        const request = requestFor(state, 'Where are you?')
        return request?.status === 'answered' && request
      })
      same(answer, error, 'what it said')
      done(await work.say('Then tell me.'), 'going on')
      await work.end('complete')
      same((await stage.over(tab, work.run)).end, 'complete', 'how it ended')
    },
  },
  {
    id: 'E18',
    title: 'a tool that takes longer than its agent’s process lives is answered to the next one',
    area: 'tools',
    needs: ['client-tools', 'suspend'],
    async run(stage) {
      const tab = await stage.tab()
      const agent = await stage.agent('assistant', { leaseMs: 1_000 })
      const work = await stage.begin(tab, agent, 'go')
      await work.ask({ kind: 'tool', key: 'place', title: 'Where are you?', name: 'geolocation' })
      done(await work.suspend(['place']), 'suspending')
      agent.kill()
      const { id } = await stage.request(tab, 'Where are you?')
      await tab.do({ do: 'claim', request: id, device: 'phone' })
      const output = { kind: 'output', output: 'Porto' } as const
      done(await tab.do({ do: 'answer', request: id, answer: output, device: 'phone' }), 'the tool’s answer')
      const again = await stage.comes('the run again', (await stage.agent()).work())
      same([again.run, again.requests[0]?.answer], [work.run, output], 'what the next process finds')
      await again.end('complete')
      await stage.over(tab, work.run)
    },
  },
  {
    id: 'X12',
    title: 'a tool with three tabs open runs exactly once: one claims it, the others are told, nobody else can answer',
    area: 'tools',
    needs: ['client-tools'],
    async run(stage) {
      const people = [ada, ada, bob]
      const tabs = await Promise.all(people.map((who) => stage.tab(who)))
      const [first] = tabs
      check(first, 'three tabs')
      const work = await stage.begin(first, await stage.agent(), 'go')
      for (let round = 0; round < 20; round += 1) {
        const title = `Place ${round}?`
        await work.ask({ kind: 'tool', key: `place-${round}`, title, name: 'geolocation' })
        const id = await everywhere(stage, tabs, title)
        const claims = await Promise.all(
          tabs.map((tab, index) => tab.do({ do: 'claim', request: id, device: `tab-${index}` })),
        )
        same(claims.map(({ result }) => result).sort(), ['done', 'refused', 'refused'], 'the claims')
        const winner = claims.findIndex(({ result }) => result === 'done')
        const answers = await Promise.all(
          tabs.map((tab, index) => {
            const answer = { kind: 'output', output: `tab-${index}` } as const
            return tab.do({ do: 'answer', request: id, answer, device: `tab-${index}` })
          }),
        )
        same(
          answers.map(({ result }) => result === 'done'),
          people.map((_, index) => index === winner),
          'the answers',
        )
        await stage.until(first, 'the answer', (state) => requestFor(state, title)?.status === 'answered')
        same(requestFor(first.state, title)?.answer, { kind: 'output', output: `tab-${winner}` }, 'the answer')
      }
    },
  },
]

/** Id of a request when every tab shows it. */
async function everywhere(stage: Stage, tabs: readonly Tab[], title: string): Promise<string> {
  const shown = await Promise.all(tabs.map((tab) => stage.request(tab, title)))
  return shown[0]?.id ?? ''
}
