import { check, done, same } from '../check.ts'
import { bob } from '../people.ts'
import { answerOf, inputOf, runFor } from '../stage.ts'
import type { Scenario } from '../scenario.ts'

export const versions: readonly Scenario[] = [
  {
    id: 'E10',
    title: 'an edit while the old answer streams loses neither: both versions are answered',
    area: 'versions',
    needs: ['versions', 'parallel'],
    async run(stage) {
      const tab = await stage.tab()
      const agent = await stage.agent()
      const old = await stage.begin(tab, agent, 'to Lisbon')
      await old.say('old ')
      const input = await stage.until(tab, 'the input', (state) => inputOf(state, 'to Lisbon'))
      const edit = { do: 'send', text: 'to Porto', edits: input.id, whenBusy: 'parallel' } as const
      done(await tab.do(edit), 'editing')
      const edited = await stage.comes('work on the edit', agent.work())
      await Promise.all([old.say('answer'), edited.say('new answer')])
      await Promise.all([old.end('complete'), edited.end('complete')])
      await Promise.all([stage.over(tab, old.run), stage.over(tab, edited.run)])
      same(
        [old, edited].map(({ run }) => [answerOf(tab.state, run)?.text, answerOf(tab.state, run)?.status]),
        [
          ['old answer', 'complete'],
          ['new answer', 'complete'],
        ],
        'both answers',
      )
      const version = inputOf(tab.state, 'to Porto')
      same([version?.edits, version?.parent], [input.id, input.parent], 'the new version')
      check(!edited.prompt.some(({ text }) => text === 'to Lisbon'), 'the prompt of the edit has the old version')
    },
  },
  {
    id: 'E11',
    title: 'two people who edit one message at once make two versions, the same on every screen',
    area: 'versions',
    needs: ['versions'],
    async run(stage) {
      const tabs = [await stage.tab(), await stage.tab(bob)] as const
      const run = await stage.ask(tabs[0], 'to Lisbon')
      const original = await stage.until(tabs[1], 'the input', (state) => inputOf(state, 'to Lisbon'))
      await tabs[0].do({ do: 'stop', what: { run: run.id } })
      const texts = ['to Porto', 'to Faro']
      const outcomes = await Promise.all(
        tabs.map((tab, index) => tab.do({ do: 'send', text: texts[index] ?? '', edits: original.id })),
      )
      for (const outcome of outcomes) done(outcome, 'editing')
      const shown = await Promise.all(
        tabs.map((tab) =>
          stage.until(tab, 'both versions', ({ messages }) => {
            const found = messages.filter(({ edits }) => edits === original.id)
            return found.length === 2 && found
          }),
        ),
      )
      same(shown[0], shown[1], 'the versions on both screens')
      same(shown[0]?.map(({ text }) => text).sort(), texts.sort(), 'the versions')
      const agent = await stage.agent()
      for (const _ of texts) await (await stage.comes('work on a version', agent.work())).end('complete')
      for (const text of texts) {
        const { id } = await stage.until(tabs[0], 'its run', (state) => runFor(state, text))
        same((await stage.over(tabs[0], id)).end, 'complete', text)
      }
    },
  },
  {
    id: 'E12',
    title:
      'another answer to a message in the middle stands beside the first, and the conversation goes on where it was',
    area: 'versions',
    needs: ['versions'],
    async run(stage) {
      const tab = await stage.tab()
      const agent = await stage.agent()
      const texts = ['first', 'second']
      for (const text of texts) {
        const work = await stage.begin(tab, agent, text)
        await work.say(`answer to ${text}`)
        await work.end('complete')
        await stage.over(tab, work.run)
      }
      const input = inputOf(tab.state, 'first')
      check(input, 'the first input')
      done(await tab.do({ do: 'regenerate', message: input.id }), 'asking again')
      const again = await stage.comes('the work', agent.work())
      same(
        again.prompt.map(({ text }) => text),
        ['first'],
        'its prompt',
      )
      await again.say('another answer')
      await again.end('complete')
      await stage.over(tab, again.run)
      const answers = tab.state.messages.filter(({ parent, role }) => parent === input.id && role === 'assistant')
      same(
        answers.map(({ text }) => text),
        ['answer to first', 'another answer'],
        'the answers to the first',
      )
      const third = await stage.begin(tab, agent, 'third')
      check(
        third.prompt.some(({ text }) => text === 'answer to second'),
        'the third input does not know the second answer',
      )
    },
  },
  {
    id: 'E13',
    title: 'another answer after a tool call begins clean, and the first keeps its call with the result',
    area: 'versions',
    needs: ['versions'],
    async run(stage) {
      const tab = await stage.tab()
      const agent = await stage.agent()
      const work = await stage.begin(tab, agent, 'go')
      await work.call('call-1', 'search')
      await work.result('call-1', 'two trains')
      await work.say('There are two trains.')
      await work.end('complete')
      await stage.over(tab, work.run)
      const first = answerOf(tab.state, work.run)
      done(await tab.do({ do: 'regenerate', message: inputOf(tab.state, 'go')?.id ?? '' }), 'asking again')
      const again = await stage.comes('the work', agent.work())
      same(
        again.prompt.map(({ text, danglingCalls }) => [text, danglingCalls]),
        [['go', 0]],
        'its prompt',
      )
      await again.say('Two trains.')
      await again.end('complete')
      await stage.over(tab, again.run)
      same(answerOf(tab.state, work.run), first, 'the first answer')
      same(answerOf(tab.state, again.run)?.tools, [], 'calls of the second answer')
    },
  },
]
