import { check, done, refused, same } from '../check.ts'
import { bob } from '../people.ts'
import { inputOf, runFor, type Stage } from '../stage.ts'
import { together } from '../together.ts'
import type { Scenario } from '../scenario.ts'
import type { SeenSteer } from '../seen.ts'
import type { Tab, Work } from '../session-server.ts'

export const steering: readonly Scenario[] = [
  {
    id: 'Q12',
    title: 'of a steer it is known whether the agent saw it; one that it did not see is the next input',
    area: 'steer',
    needs: ['steer'],
    async run(stage) {
      const [tab, other] = [await stage.tab(), await stage.tab(bob)]
      const agent = await stage.agent()
      const work = await stage.begin(tab, agent, 'go')
      const seen = await steer(stage, tab, work, 'by train')
      same(seen.status, 'pending', 'before the agent has said so')
      await stage.comes('the steer', work.told('steered'))
      await work.take(seen.message)
      await stage.until(other, 'that it was taken', ({ runs }) => runs[0]?.steers[0]?.status === 'taken')
      await steer(stage, tab, work, 'and a hotel')
      await work.end('complete')
      await stage.over(other, work.run)
      const run = await stage.drained(other, work.run)
      same(
        run.steers.map(({ status }) => status),
        ['taken', 'missed'],
        'the steers',
      )
      const next = await stage.comes('the next run', agent.work())
      same([next.input, next.run], ['and a hotel', run.steers[1]?.next], 'the next input and its run')
    },
  },
  {
    id: 'E7',
    title: 'a steer on the last token is taken, or the next input, or refused; never lost',
    area: 'steer',
    needs: ['steer'],
    async run(stage) {
      const tab = await stage.tab()
      const agent = await stage.agent()
      let carried = 0
      const rounds = 10
      for (let round = 0; round < rounds; round += 1) {
        const work = await stage.begin(tab, agent, `go ${round}`)
        const text = `late ${round}`
        const [steered] = await together(
          round,
          () => tab.do({ do: 'steer', run: work.run, text }),
          () => work.end('complete'),
        )
        await stage.over(tab, work.run)
        const { steers } = await stage.drained(tab, work.run)
        if (steered.result === 'refused') {
          same(steers, [], 'steers of a run that refused one')
          continue
        }
        done(steered, 'the steer')
        carried += 1
        same(
          steers.map(({ status }) => status),
          ['missed'],
          'the steer',
        )
        const next = await stage.comes('the next run', agent.work())
        same(next.input, text, 'the next input')
        await next.end('complete')
        await stage.over(tab, next.run)
      }
      stage.note(`${carried} of ${rounds} came before the end and were the next input, the others were refused`)
    },
  },
  {
    id: 'E8',
    title: 'a steer while the run is suspended reaches the agent that goes on with it',
    area: 'steer',
    needs: ['steer', 'suspend', 'approvals'],
    async run(stage) {
      const tab = await stage.tab()
      const agent = await stage.agent()
      const work = await stage.begin(tab, agent, 'go')
      await work.ask({ kind: 'approval', key: 'book', title: 'Book?', action: 'book' })
      done(await work.suspend(['book']), 'suspending')
      await stage.until(tab, 'that it is suspended', (state) => state.runs[0]?.status === 'suspended')
      const { message } = await steer(stage, tab, work, 'by train')
      const { id } = await stage.request(tab, 'Book?')
      await tab.do({ do: 'answer', request: id, answer: { kind: 'decision', approved: true } })
      const next = await stage.comes('the run again', agent.work())
      same([next.run, next.prompt.at(-1)?.text], [work.run, 'by train'], 'the run and the end of its prompt')
      done(await next.take(message), 'taking it')
      await next.end('complete')
      same((await stage.over(tab, work.run)).steers[0]?.status, 'taken', 'the steer')
    },
  },
  {
    id: 'E9',
    title: 'several steers that nobody took are drained together into one next input',
    area: 'steer',
    needs: ['steer'],
    async run(stage) {
      const tab = await stage.tab()
      const agent = await stage.agent()
      const work = await stage.begin(tab, agent, 'go')
      const texts = ['one', 'two', 'three']
      for (const text of texts) await steer(stage, tab, work, text)
      await work.end('complete')
      await stage.over(tab, work.run)
      const run = await stage.drained(tab, work.run)
      const next = await stage.comes('the next run', agent.work())
      same(
        run.steers.map(({ status, next: by }) => [status, by]),
        texts.map(() => ['missed', next.run]),
        'the steers',
      )
      const prompt = next.prompt.map(({ text }) => text)
      same(
        texts.filter((text) => !prompt.includes(text)),
        [],
        'steers that the next prompt has not',
      )
      await next.end('complete')
      await stage.over(tab, next.run)
      same(tab.state.runs.length, 2, 'runs')
    },
  },
  {
    id: 'E26',
    title: 'while a run is suspended its agent writes nothing, and people can still post',
    area: 'fencing',
    needs: ['suspend', 'approvals'],
    async run(stage) {
      const tab = await stage.tab()
      const work = await stage.begin(tab, await stage.agent(), 'go')
      await work.say('a ')
      await work.ask({ kind: 'approval', key: 'book', title: 'Book?', action: 'book' })
      done(await work.suspend(['book']), 'suspending')
      refused(await work.say('b '), 'a word of a suspended run')
      done(await tab.do({ do: 'post', text: 'a note' }), 'a post')
      await stage.until(tab, 'the post', (state) => inputOf(state, 'a note'))
      check(runFor(tab.state, 'go')?.status === 'suspended', 'the run is suspended still')
    },
  },
  {
    id: 'X10',
    title: 'a run that is held takes no output until it goes on, and loses none',
    area: 'steer',
    needs: ['hold'],
    async run(stage) {
      const [tab, other] = [await stage.tab(), await stage.tab(bob)]
      const work = await stage.begin(tab, await stage.agent(), 'go')
      await work.say('a ')
      done(await other.do({ do: 'hold', run: work.run }), 'holding')
      await stage.comes('that it is held', work.told('held'))
      refused(await work.say('b '), 'a word while it is held')
      done(await tab.do({ do: 'go-on', run: work.run }), 'going on')
      await stage.comes('that it goes on', work.told('go-on'))
      done(await work.say('b '), 'the word again')
      await stage.says(other, work.run, 'a b ')
    },
  },
]

async function steer(stage: Stage, tab: Tab, work: Work, text: string): Promise<SeenSteer> {
  done(await tab.do({ do: 'steer', run: work.run, text }), `steering "${text}"`)
  return stage.until(tab, `the steer "${text}"`, (state) => {
    const message = inputOf(state, text)
    const run = state.runs.find(({ id }) => id === work.run)
    return message && run?.steers.find((one) => one.message === message.id)
  })
}
