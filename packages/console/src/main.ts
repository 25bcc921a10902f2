/**
 * What comes first and is small: it connects, and asks for the session that the address leads to. What draws the page is
 * seven times as much; while it comes and is compiled, the server answers.
 */
import { watchAddress } from './access/access.ts'
import { followEarly } from './access/follow-early.ts'
import { applyTheme } from './shell/theme.ts'
import './style/tokens.css'
import './style/base.css'

/** A session that comes within this time after the page's code is drawn once, and not first without what is in it. */
const patienceMs = 100

applyTheme()
watchAddress()
const isThere = followEarly()
const root = document.getElementById('root')
// Not awaited: what draws the page needs this file too, and waits until it is done.
if (root) void import('./page.tsx').then(({ showPage }) => void soon(isThere).then(() => showPage(root)))

function soon(promise: Promise<void>): Promise<void> {
  return Promise.race([promise, new Promise<void>((resolve) => setTimeout(resolve, patienceMs))])
}
