import { check, done, refused, same } from '../check.ts'
import { ada, bob, guest, sue } from '../people.ts'
import { answerOf, conversation, inputOf } from '../stage.ts'
import { Refused, type Action, type Identity } from '../session-server.ts'
import type { Scenario } from '../scenario.ts'

export const people: readonly Scenario[] = [
  {
    id: 'Q19',
    title: 'a person who joins has the whole conversation with its authors named, takes over and hands back',
    area: 'people',
    needs: ['identities', 'drive'],
    async run(stage) {
      const tab = await stage.tab()
      const agent = await stage.agent()
      const work = await stage.begin(tab, agent, 'where to?')
      await work.say('Lisbon, perhaps. ')
      const support = await stage.tab(sue)
      same(
        support.state.messages.map(({ author, name, text }) => [author, name, text]),
        [
          ['ada', 'Ada', 'where to?'],
          ['assistant', undefined, 'Lisbon, perhaps. '],
        ],
        'what support sees on joining',
      )
      await stage.until(tab, 'that support is there', (state) => state.people.includes('sue'))
      done(await support.do({ do: 'drive' }), 'taking over')
      await stage.until(tab, 'who drives', (state) => state.driver === 'sue')
      await stage.comes('that it is held', work.told('held'))
      refused(await work.say('and'), 'a word of the agent meanwhile')
      done(await support.do({ do: 'post', text: 'Sue here.' }), 'a post of support')
      await stage.until(tab, 'the post', (state) =>
        state.messages.some(({ author, name, text }) => author === 'sue' && name === 'Sue' && text === 'Sue here.'),
      )
      done(await support.do({ do: 'hand-back' }), 'handing back')
      await stage.until(tab, 'that nobody drives', (state) => state.driver === undefined)
      await stage.comes('that it goes on', work.told('go-on'))
      done(await work.say('Or Porto.'), 'the agent goes on')
      await work.end('complete')
      await stage.over(tab, work.run)
      same(answerOf(tab.state, work.run)?.text, 'Lisbon, perhaps. Or Porto.', 'the answer')
      const next = await stage.begin(tab, agent, 'thanks')
      const named = next.prompt.map(({ name, text }) => `${name}: ${text}`)
      same(named.at(0), 'Ada: where to?', 'the beginning of the next prompt')
      check(named.includes('Sue: Sue here.'), `the next prompt does not say who else spoke: ${named.join(' | ')}`)
    },
  },
  {
    id: 'Q20',
    title: 'who may read, write, ask, stop and approve is the server’s to say, and it says no',
    area: 'rights',
    needs: ['identities', 'approvals'],
    async run(stage) {
      const tab = await stage.tab()
      const work = await stage.begin(tab, await stage.agent(), 'go')
      await work.ask({ kind: 'approval', key: 'book', title: 'Book?', action: 'book' })
      const { id } = await stage.request(tab, 'Book?')
      const before = await stage.server.read(stage.session, ada)
      const acts: readonly Action[] = [
        { do: 'post', text: 'no' },
        { do: 'send', text: 'no' },
        { do: 'stop', what: { run: work.run } },
        { do: 'stop', what: 'all' },
        { do: 'answer', request: id, answer: { kind: 'decision', approved: true } },
        { do: 'drive' },
        { do: 'redact', message: inputOf(tab.state, 'go')?.id ?? '' },
      ]
      const looker = await stage.tab(guest)
      for (const act of acts) refused(await looker.do(act), `${act.do} with nothing but the right to read`)
      // Each right is one of its own: one who may post may not stop.
      const poster = await stage.tab({ ...guest, id: 'poster', rights: ['read', 'post'] })
      refused(await poster.do({ do: 'stop', what: { run: work.run } }), 'a stop by one who may post')
      const asker = await stage.tab({ ...guest, id: 'asker', rights: ['read', 'send'] })
      refused(await asker.do({ do: 'stop', what: { run: work.run } }), 'a stop of another’s run')
      const stranger: Identity = { ...guest, id: 'stranger', rights: ['post'] }
      const isRefused = await stage.tab(stranger).then(
        () => false,
        (error: unknown) => error instanceof Refused,
      )
      check(isRefused, 'one who may not read follows the session')
      const reading = await stage.server.read(stage.session, stranger).catch((error: unknown) => error)
      check(reading instanceof Refused, 'one who may not read reads the session')
      check(!work.wasTold('stop') && !work.wasTold('answered'), 'the agent was told something')
      const after = await stage.server.read(stage.session, ada)
      same(conversation(after), conversation(before), 'the session after all that was refused')
    },
  },
  {
    id: 'Q21',
    title: 'somebody who is away is told when their run is over',
    area: 'away',
    needs: ['reach-away'],
    async run(stage) {
      const tab = await stage.tab(ada)
      const work = await stage.begin(tab, await stage.agent(), 'go')
      await tab.close()
      const watcher = await stage.tab(bob)
      await stage.until(watcher, 'that ada is away', (state) => !state.people.includes('ada'))
      await work.say('done')
      await work.end('complete')
      await stage.over(watcher, work.run)
      const told = await stage.comes('a notice', stage.server.toldAway(stage.session))
      same(told.to, 'ada', 'who is told')
      stage.note(`told: "${told.title}"`)
    },
  },
  {
    id: 'Q22',
    title: 'it is one transport swap from a chat hook',
    area: 'drop',
    notApplicable:
      'a property of the client library and not of a server that is reached by URL; for Headrace it is shown by packages/client/test/ai-sdk.test.ts',
    run: async () => undefined,
  },
]
