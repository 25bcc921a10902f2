import path from 'node:path'
import { expect, test } from 'vitest'
import type { Session } from '@headrace/client'
import { createClones, floorOf, openVault } from '@headrace/factory'
import { keepShelf } from '../src/crew/keep-shelf.ts'
import { testFolder, workTree } from './support/git-repository.ts'
import { SessionsServer } from './support/sessions-server.ts'

function shown(session: Session): readonly string[] {
  const { shelf = [] } = floorOf(session.getSnapshot().view.document.value)
  return shelf.map(({ id, state }) => `${id} ${state.is}`)
}

test('F8f: the floor shows what is in quarantine, also when a command has taken something from there', async () => {
  await using server = new SessionsServer()
  const client = await server.client('foreman')
  const session = client.session('floors/main')
  await session.create()
  const folder = testFolder()
  const origin = workTree(path.join(folder, 'origin'))
  origin.write({ 'a.txt': 'one\n' })
  origin.commit('first')
  const vault = await openVault({ folder: path.join(folder, 'vault.git'), origin: origin.folder, base: 'main' })
  await vault.refresh()
  const clones = createClones({ folder: path.join(folder, 'clones'), vault, now: () => Date.now() })
  const onError = (error: Error): never => expect.fail(error.message)
  const shelf = keepShelf({ client, session: session.id, clones, onError, everyMs: 50 })
  for (const id of ['t1-1', 't2-1']) {
    await shelf.clones.start({ id, lane: 'bugs' })
    await shelf.clones.quarantine(id, 'it went in circles')
  }
  await session.until(() => shown(session).length === 2)
  // As the command does: by the folder, with nobody told.
  await clones.undo('t1-1')
  await session.until(() => shown(session).length === 1)
  expect(shown(session)).toEqual(['t2-1 kept'])
  shelf.close()
})
