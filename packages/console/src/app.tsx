/**
 * The console: windows into sessions.
 *
 * Stable hooks for browser tests and for people who drive the page by script. Everything has a role and a name; the
 * `data-` attributes carry the state that is otherwise only seen.
 *
 *   way in          textbox "Or paste the link, or the token itself", button "Open"
 *   list            navigation "Sessions": links by title, `data-session` = id, `data-status` = active | waiting | idle;
 *                   the open one has `aria-current=page`, those with something new `data-unread`. Searchbox "Search", radios "All", "Working", "Unread",
 *                   "Archived"; messages that were found: region with testid `found`. Button "New session" opens dialog "New session" with
 *                   textbox "Title (optional)" and button "Create"
 *   inbox           link "Inbox" with testid `inbox-count`; main, testid `inbox`, `data-count`: listitems, testid `inbox-entry`,
 *                   `data-kind` = request | failed | mention | unread, `data-session`; buttons "Try again", "Mark as seen" and
 *                   what answers a request; testid `push`, `data-state`: button "Tell this device" / "This device is told"
 *   session         main, testid `session`, `data-status` = loading | live | stale | failed; heading 1 is the title
 *   connection      status, testid `connection`, `data-state` = connecting | online | offline | closed
 *   as it was       status, testid `kept`, `data-at`: what is shown without a server is what was seen then
 *   newer server    status, testid `newer`: something came that the page does not know
 *   people          button "Here now: …", testid `people`; the list in it has testid `people-list`
 *   conversation    log "Conversation"; buttons "Show older messages (n)", "Jump to the latest"
 *   turn            testid `turn`: a message and the answers to it, `data-answers` = how many agents answer
 *   message         article "Message from NAME", testid `message`, `data-seq`
 *   not sent yet    article, testid `pending`, says "Waiting to be sent" while offline
 *   answer          article "Answer from AGENT", testid `answer`, `data-agent`, `data-run`, `data-state` = waiting | queued
 *                   | working | stopping | complete | stopped | failed | lost | interrupted; buttons "Stop AGENT" and
 *                   "Try again with AGENT"; what is in it: testids `reasoning`, `tool`, `data`; text has `data-kind=text`
 *   versions        testid `versions`: buttons "Version before", "Version after"; button "Say it anew" at one's own
 *                   messages, form of the same name with textbox "New words"; button "Ask AGENT again" at answers
 *   menu            button "More about this session": "Runs and cost" (listitems, testid `run`, `data-run`, `data-state`),
 *                   "Export", link "Inspect", "Archive", "Invite someone"
 *   queue           region "Queue", testid `queue`; buttons "Take back for AGENT: …", "Sooner for …", "Later for …"
 *   composer        form "Write a message": textbox "Message", checkboxes by agent, buttons "Send" (or "Post" when no
 *                   agent is asked) and "Stop all"; while an agent works, checkbox "Tell it now", and button "Tell"
 *   replay          main, testid `replay` (link "Look back…", or the time of a message); region "Replay", testid `replay-bar`,
 *                   `data-seq`, `data-playing`: slider "Place in the session", buttons "Play" / "Pause", "What happened
 *                   before", "What happened next", "Go to a time", "Copy link", combobox "Speed", link "Back to now";
 *                   what happens there: status, testid `replay-told`
 *   floor           main, testid `floor`, `data-status` as a session, `data-mode` = running | paused | stopped; buttons "Add a
 *                   task", "Pause" / "Resume", "Stop all"; what it answered: status, testid `floor-answer`
 *   ledger          link "Ledger" on a floor; main, testid `ledger`, `data-side` = day | skills | judgement: testids
 *                   `ledger-totals`, `chart`, `ledger-line` with `data-name`; navigation "Sides of the ledger"; `day-title`;
 *                   `skill`, `version`, `lesson`, `compared`; `circle` with `data-judged`, `proposal` with `data-status`,
 *                   `decision` with `data-decision`
 *   lane            listitem, testid `lane`, `data-lane`; what it works on: testid `work`, `data-task`, `data-state`
 *                   of many: searchbox "Look for a lane"
 *   task            listitem, testid `task`, `data-task`, `data-status`; opened it lists testid `attempt`, `data-outcome`
 *   board           region "Ready", testid `board`, `data-by` = priority | lane: buttons "By urgency", "By lane"; columns, testid
 *                   `board-column`, `data-column`, whose tasks are dragged, moved by Alt and an arrow key, or by button "Move T5",
 *                   which opens dialog "The place of T5"
 *   put away        region "Put away", testid `shelf`: listitems, testid `shelved`, `data-attempt`, `data-state` = kept | wanted | back;
 *                   buttons "Bring it back: t7-1"
 *   gate            region "Gate", testid `gate`: testids `judging` and `verdict`, `data-verdict`
 *   lane's session  testid `lane-strip`: buttons "Take over" / "Hand back", "Pause" / "Go on", "Put away…"; form "Say
 *                   something to its agent"; what became of it: testid `told`
 *   lane's sides    tabs "Stream", "Changes" (listitems, testid `diff-file`, `data-path`), "Gate" (listitems, testid
 *                   `gate-said`, `data-verdict`); what its crew noted: testid `fact`, `data-name`; testid `terminal`
 *   inspector       link "Inspect" in a session's menu; main, testid `inspector`: listitems, testid `event`, `data-seq`,
 *                   `data-type`; searchbox "Filter events…", spinbutton "State after event", testid `trip`
 *   palette         Ctrl + K: dialog "Go anywhere, do anything" with a textbox; Enter chooses the first button
 *   developer       region "Developer" (metadata.demo, or `?dev`): buttons "Drop connection", "Go offline" / "Go online",
 *                   "Invite"; testids `dev-seq`, `dev-received`, `dev-lost`, `dev-doubled` with `data-value`
 *   announcements   testid `announcer`: what a screen reader is told
 */
import { HeadraceProvider, useConnection } from '@headrace/client/react'
import type { HeadraceError } from '@headrace/core'
import { useEffect, type ReactNode } from 'react'
import { AccessPage } from './access/access-page.tsx'
import { useAdmission } from './access/use-admission.ts'
import { ShelfContext, useShelf } from './offline/shelf-context.ts'
import { Failsafe } from './shell/failsafe.tsx'
import { Shell } from './shell/shell.tsx'
import { text } from './text.ts'

export function App(): ReactNode {
  const admission = useAdmission()
  if (!admission) return <AccessPage />
  return (
    // Another token is another person, perhaps: nothing of the page stays.
    <Failsafe key={admission.token}>
      <HeadraceProvider client={admission.client}>
        <ShelfContext value={admission.shelf}>
          <Admitted />
        </ShelfContext>
      </HeadraceProvider>
    </Failsafe>
  )
}

/** A server that will not have us says so once and for good: then the way is back to the door. */
function Admitted(): ReactNode {
  const status = useConnection()
  const shelf = useShelf()
  const isOut = status.state === 'closed' && status.error !== undefined
  useEffect(() => {
    if (isOut) shelf?.clear()
  }, [isOut, shelf])
  if (status.state !== 'closed' || !status.error) return <Shell />
  return <AccessPage reason={reasonOf(status.error)} />
}

function reasonOf({ code, message }: HeadraceError): string {
  if (code === 'token_expired') return text.access.expired
  return code === 'unauthenticated' ? text.access.refused : text.access.ended(message)
}
