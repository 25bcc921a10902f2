// An agent as a process of its own: streams words for ever, says on standard output what happens to it.
import { RunStopped, createWorker } from '@headrace/client/agent'

const [url = '', token = ''] = process.argv.slice(2)
const say = (line: string): void => void process.stdout.write(`${line}\n`)

const worker = createWorker({
  url,
  token,
  agent: 'assistant',
  capacity: 1,
  onError: (error) => say(`error ${error.code}`),
  async handler(run) {
    say(`attempt ${run.attempt}`)
    run.signal.addEventListener('abort', () => {
      const why: unknown = run.signal.reason
      say(`aborted ${why instanceof RunStopped ? why.reason : String(why)}`)
    })
    async function* words(): AsyncGenerator<string> {
      for (let index = 0; ; index += 1) {
        yield `${run.attempt}:${index} `
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    await run.pipe(words())
  },
})
await worker.ready
say('ready')
