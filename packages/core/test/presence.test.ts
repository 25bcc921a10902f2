import { describe, expect, test } from 'vitest'
import { ada, bob, grantOf, open } from './support.ts'

describe('P1: presence', () => {
  test('a device that joins is shown with who, where, since when and its label', () => {
    const session = open()
    session.now += 5
    session.accept({ type: 'join', device: 'tab-1', node: 'n1', label: 'Chrome' }, { as: ada })
    const entry = { actor: 'user:ada', device: 'tab-1', node: 'n1', since: session.now, name: 'Ada', label: 'Chrome' }
    expect(session.view.presence).toEqual([entry])
    session.accept({ type: 'join', device: 'tab-1', node: 'n1' }, { as: bob })
    expect(session.view.presence).toEqual([
      entry,
      { actor: 'user:bob', device: 'tab-1', node: 'n1', since: session.now },
    ])
  })

  test('joining again at the same server is a no-op; at another one it moves', () => {
    const session = open()
    session.accept({ type: 'join', device: 'tab', node: 'n1' })
    session.noop({ type: 'join', device: 'tab', node: 'n1' })
    session.now += 1_000
    session.accept({ type: 'join', device: 'tab', node: 'n2' })
    expect(session.view.presence).toMatchObject([{ node: 'n2', since: session.now }])
  })

  test('a device that leaves is gone; leaving twice is a no-op', () => {
    const session = open()
    session.accept({ type: 'join', device: 'a', node: 'n' })
    session.accept({ type: 'join', device: 'b', node: 'n' })
    session.noop({ type: 'leave', device: 'a' }, { as: bob })
    session.accept({ type: 'leave', device: 'a' })
    expect(session.view.presence.map((entry) => entry.device)).toEqual(['b'])
    session.noop({ type: 'leave', device: 'a' })
  })

  test('P1a: a server that saw a device go does not take it from the one that sees it now', () => {
    const session = open()
    session.accept({ type: 'join', device: 'tab', node: 'n1' })
    session.accept({ type: 'join', device: 'tab', node: 'n2' })
    session.noop({ type: 'leave', device: 'tab', node: 'n1' })
    session.accept({ type: 'leave', device: 'tab', node: 'n2' })
    expect(session.view.presence).toEqual([])
  })

  test('A1: watching needs read', () => {
    const blind = grantOf('user:eve', { capabilities: [{ sessions: '**', verbs: ['send', 'post', 'control'] }] })
    open().refuse('forbidden', { type: 'join', device: 'd', node: 'n' }, { as: blind })
  })
})
