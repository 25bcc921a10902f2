import type { Topic } from '../topic.ts'

export const tabs: Topic = {
  id: 'tabs',
  asks: /\b(tabs?|devices?|phones?|laptops?|sync\w*|mobile|surfaces?|screens?|browsers?|same time)\b/giu,
  query: 'same session in several tabs, presence of devices',
  thinking:
    'They ask about several tabs or devices. The point is that nothing is synchronised between tabs at all: both read one log. ' +
    'I can show it with what the server sends, and mention presence.',
  writer: `Two tabs are in sync here for a dull reason: **there is nothing to keep in sync.** Neither tab owns the conversation. Both read the same log, and the log has one order.

When I write a few words, this is what happens:

1. My worker sends a small batch to the session.
2. The server decides it, appends it to the log and waits until it is on disk.
3. The events are encoded *once*, and the same bytes go to every subscriber.

So the tab on your phone is not a copy of the tab on your desk. It is another reader at the same position. If it was asleep, it asks for what it missed and joins the others.

The same holds for everything that is not text:

- **A question** that you ask in one tab shows in the other with your name on it.
- **The queue.** If you ask something while I am busy, it waits in the session and not in the tab, so every device sees what comes next.
- **Stop.** The button works in every tab, also in one that did not ask the question. The tab that did sees who stopped it.
- **Presence.** The session knows who has it open, and on which device. A device that goes silent disappears by itself.

A browser usually needs tricks for this: storage events, a leader tab, polling. They stop at the edge of one browser. A shared log also works between your laptop, your phone and a colleague two time zones away.

To see it, ask something else and open a second tab in the middle of the answer. It gets the text so far, and then the same words as this one.`,
  critic: `Agreed, and easy to check, which I like.

One caution: "the same moment" means **the same order, milliseconds apart**. Readers never disagree about what came first, but a slow phone paints later than a fast desktop.

And a tab that sleeps in the background is behind until it wakes. It will not be wrong, only late.`,
}
