// The first program in a cell whose network is its models alone: `inside PORT SOCKET PROGRAM ARGUMENT…`. It lets what
// connects to 127.0.0.1:PORT in there reach the socket of the floor's models, starts the agent, and ends as that ends. It is
// put into the cell as a single file, so it imports nothing of ours.
import { spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'
import process from 'node:process'

const [, , port = '', socket = '', program = '', ...args] = process.argv

const server = createServer((near) => {
  const far = connect(socket)
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.on('error', () => other.destroy()).on('close', () => other.destroy())
    one.pipe(other)
  }
})
// Many more than the calls that the floor lets one attempt make at the same time.
server.maxConnections = 256
server.on('error', (error) => fail(`the way to the models could not be opened: ${error.message}`))
server.listen(Number(port), '127.0.0.1', () => {
  const child = spawn(program, args, { stdio: 'inherit' })
  child.once('error', (error) => fail(`${program} could not be started: ${error.message}`))
  child.once('exit', (code, signal) => {
    if (code !== null) process.exit(code)
    process.kill(process.pid, signal ?? 'SIGKILL')
  })
})

function fail(why: string): never {
  process.stderr.write(`${why}\n`)
  process.exit(127)
}
