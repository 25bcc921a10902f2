import { ownName } from '../terminal/own-name.ts'
import { createPaint } from '../terminal/paint.ts'
import type { ModelChoice } from './model/choose-model.ts'
import { welcomeSession } from './people.ts'

export interface Links {
  /** For whoever started the demo. */
  readonly operator: string
  /** For another person. */
  readonly colleague: string
}

export interface DemoFacts {
  readonly model: ModelChoice | undefined
  readonly data: string
  readonly hasConsole: boolean
}

/** What the demo prints when it is ready: the links, and what to try in which order. */
export function introduction(
  { operator, colleague }: Links,
  { model, data, hasConsole }: DemoFacts,
): readonly string[] {
  const paint = createPaint(process.stdout)
  const agents = model
    ? `Agents: ${model.model} at ${new URL(model.baseUrl).host}. With --scripted they need no model.`
    : 'Agents: scripted. With OPENAI_API_KEY or ANTHROPIC_API_KEY set they use a real model.'
  return [
    '',
    paint('bold', 'The Headrace demo is ready.'),
    '',
    `  ${paint('cyan', 'You (Ada, operator)')}   ${operator}`,
    `  ${paint('green', 'Grace, support')}        ${colleague}`,
    '',
    ...(hasConsole ? [] : [paint('yellow', 'The web page is missing here: build it with `npm run build`.'), '']),
    'Try, in this order:',
    '  1. Open your link in two tabs: both show the same words at the same moment.',
    '  2. Press Drop connection, at the bottom, in the middle of an answer: no word is lost or doubled.',
    '  3. Ask the writer, and the critic while the writer is still at it: each has its own Stop.',
    "  4. Open Grace's link in a private window, in the middle of an answer: she sees everything.",
    '',
    `From another terminal:  ${ownName()} tail ${welcomeSession}`,
    '',
    paint('dim', agents),
    paint('dim', `Sessions are kept in ${data}. Press Ctrl-C to stop.`),
  ]
}
