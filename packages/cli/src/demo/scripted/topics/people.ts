import type { Topic } from '../topic.ts'

export const people: Topic = {
  id: 'people',
  asks: /\b(join\w*|colleagues?|support|grace|people|person|team|human|hand ?over|share\w*|invit\w*|who|presence|users?|supervis\w*)\b/giu,
  query: 'a person joining the session gets a snapshot, presence and identity',
  thinking:
    'About another person in the session. The interesting parts: a joiner sees everything without a replay of every token, ' +
    'and identity comes from a token and not from a text field. Point them at the second link.',
  writer: `A second person can walk in at any moment, also in the middle of this sentence, and see what you see.

**What they get.** A snapshot of the session at some event, say number 530, and then every event from 531 on. No gap and no overlap. The half-written answer is in the snapshot, so it simply continues on their screen. The size of a snapshot depends on what is open and on the newest page of messages. It does not grow with every token that was ever streamed: a session of a hundred thousand events opens as fast as a young one.

**Who they are.** A link carries a signed token. It says who the person is, which sessions they may open, and what they may do there:

| verb | allows |
| --- | --- |
| \`read\` | following the session |
| \`post\` | a message that asks for no work |
| \`send\` | a question to an agent |
| \`control\` | stopping runs |

The server sets the author of every event from that token. Nobody can write under another name, and no client has to be trusted.

**What you notice.** Their name appears among those who are here, with their device. If they ask something, you see the question and the answer as they do. If they stop an answer, it says that they did.

That is the difference between *sharing a transcript* and *sharing a session*: support can read along with a customer, a supervisor can stop an agent, and a colleague can take over without anybody copying text.

To try it, open the second link from the terminal in a private window while an answer is streaming.`,
  critic: `True, and worth a warning: a link with a token in it **is** the permission. Whoever has the link has the rights, until the token expires.

So give people the smallest one that works. A reader needs \`read\`, on one session, for an hour. The operator link from the terminal is for you and for nobody else.`,
}
