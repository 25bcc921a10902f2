import { readFileSync } from 'node:fs'

/** Bytes that the kernel holds for a loopback connection, by `/proc`: sent by one side, not read by the other. IPv4 only. */
export function kernelQueue(serverPort: number, readerPort: number): number {
  let bytes = 0
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1)) {
    const [, local = '', remote = '', , queues = ''] = line.trim().split(/\s+/)
    const [sending = 0, received = 0] = queues.split(':').map((field) => Number.parseInt(field, 16))
    if (portOf(local) === serverPort && portOf(remote) === readerPort) bytes += sending
    if (portOf(local) === readerPort && portOf(remote) === serverPort) bytes += received
  }
  return bytes
}

function portOf(address: string): number {
  return Number.parseInt(address.slice(address.indexOf(':') + 1), 16)
}
