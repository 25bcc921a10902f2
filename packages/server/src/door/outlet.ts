/**
 * What leaves through one WebSocket: control frames, and the pages of every session that the connection follows.
 *
 *   idle ──wake──▶ due ──flush──▶ idle          the first event goes at once, later ones after the pace's window
 *                    └──too much unsent──▶ full ──drained──▶ due
 *                                            └──30 s──▶ cut (slow_consumer)
 *
 * While it is full nothing is read from any log, so a reader that takes nothing costs one buffer and no more. It loses
 * nothing either: its cursors stay, and it goes on from there.
 */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Down } from '@headrace/core'
import { textFrames } from '../text-frames.ts'
import { cancelNothing, restOf, type Clock } from '../clock.ts'
import type { Follower, Meter, Page } from '../hub-types.ts'
import type { Pacing } from '../pace.ts'

export interface OutletOptions {
  readonly ws: WebSocket
  readonly socket: Duplex
  readonly clock: Clock
  readonly pace: Pacing
  readonly meter: Meter
  /** Bytes that may be unsent before reading stops. */
  readonly maxUnsentBytes: number
  /** How long the reader may take nothing before it is cut, in milliseconds. */
  readonly stallMs: number
  readonly onStall: () => void
  /** A follower's log can't be read on; it has been let go. */
  readonly onBroken: (follower: Follower, thrown: unknown) => void
  /** A page as frames. Default: as it is. */
  readonly encode?: (follower: Follower, page: Page) => Buffer
}

/** Answers that nobody reads may take so many times the room of pages before the peer is cut. */
const unreadFactor = 16

/** @typeParam Frame - control frames */
export class Outlet<Frame extends object = Down> {
  readonly #options: OutletOptions
  /**
   * In the order of their turns. Not a `Set`: this goes from none to one and back for each event, and every table that a
   * set leaves behind by that keeps the next one alive until the whole heap is collected.
   */
  #due: Follower[] = []
  #texts: string[] = []
  #scheduled = false
  #flushing = false
  #full = false
  #lastFlush = 0
  #cancelStall: () => void = cancelNothing
  #closed = false

  constructor(options: OutletOptions) {
    this.#options = options
  }

  /**
   * Sends a control frame, before pages that wait. Those of one turn of the event loop leave in one write: when a commit
   * answers many commands of a worker, that is one call into the kernel instead of one for each.
   */
  send(message: Frame): void {
    if (this.#closed) return
    this.#texts.push(JSON.stringify(message))
    if (this.#texts.length === 1) this.#options.pace.soon(() => this.flushTexts())
  }

  /** Sends a frame that is worth nothing later: not to a reader that is behind. */
  offer(message: Frame): void {
    if (!this.#full && !this.#isFull()) this.send(message)
  }

  /** Sends the control frames that wait: what must leave before the connection is closed. */
  flushTexts(): void {
    if (this.#texts.length === 0) return
    const texts = this.#texts
    this.#texts = []
    if (this.#closed) return
    const { ws, maxUnsentBytes, onStall } = this.#options
    this.#write(textFrames(texts))
    // A peer that asks and never reads the answers.
    if (ws.bufferedAmount > unreadFactor * maxUnsentBytes) onStall()
  }

  /** A follower may have more. */
  wake(follower: Follower): void {
    this.#enqueue(follower)
    this.#schedule()
  }

  #enqueue(follower: Follower): void {
    if (!this.#due.includes(follower)) this.#due.push(follower)
  }

  forget(follower: Follower): void {
    this.#due = this.#due.filter((other) => other !== follower)
  }

  #schedule(): void {
    if (this.#scheduled || this.#flushing || this.#full || this.#closed || this.#due.length === 0) return
    this.#scheduled = true
    const { clock, pace } = this.#options
    const wait = restOf(pace.windowMs, this.#lastFlush, clock)
    if (pace.windowMs === 0 || wait <= 0) pace.soon(() => this.#flush())
    else clock.after(wait, () => this.#flush())
  }

  #flush(): void {
    this.#scheduled = false
    if (this.#closed) return
    this.#flushing = true
    this.#lastFlush = this.#options.clock.now()
    const { socket } = this.#options
    // One write for all; where there is only one thing to write, corking costs more than it saves.
    const corks = this.#due.length + this.#texts.length > 1
    if (corks) socket.cork()
    this.flushTexts()
    const later: Promise<void>[] = []
    while (!this.#isFull()) {
      const follower = this.#due.shift()
      if (!follower) break
      const page = follower.next()
      if (page instanceof Promise) later.push(this.#giveLater(follower, page))
      else this.#give(follower, page)
    }
    if (corks) socket.uncork()
    if (later.length === 0) this.#flushed()
    else void Promise.all(later).then(() => this.#flushed())
  }

  async #giveLater(follower: Follower, page: Promise<Page | undefined>): Promise<void> {
    try {
      this.#give(follower, await page)
    } catch (thrown) {
      if (!this.#closed) this.#options.onBroken(follower, thrown)
    }
  }

  /** Sends a page; its follower stays due until it has reached the end of its log. */
  #give(follower: Follower, page: Page | undefined): void {
    if (!page || this.#closed) return
    this.#enqueue(follower)
    const frames = this.#options.encode?.(follower, page) ?? page.frame
    if (frames.length > 0) this.#write(frames)
    this.#options.meter.delivered(page.events.length, frames.length)
  }

  /**
   * Past `ws`, which would make a header for each reader and write it apart from what it belongs to. It has nothing of
   * its own waiting that this could overtake: there is no compression, and it counts what the socket has not sent.
   */
  #write(frames: Buffer): void {
    const { ws, socket } = this.#options
    if (ws.readyState === ws.OPEN) socket.write(frames)
  }

  #flushed(): void {
    this.#flushing = false
    if (this.#isFull()) this.#wait()
    else this.#schedule()
  }

  #isFull(): boolean {
    return this.#options.ws.bufferedAmount > this.#options.maxUnsentBytes
  }

  /** Waits until the peer has taken all that is unsent. */
  #wait(): void {
    if (this.#full || this.#closed) return
    this.#full = true
    this.#cancelStall = this.#options.clock.after(this.#options.stallMs, this.#options.onStall)
    this.#options.socket.once('drain', () => {
      this.#full = false
      this.#cancelStall()
      this.#schedule()
    })
  }

  close(): void {
    this.#closed = true
    this.#texts = []
    this.#due = []
    this.#cancelStall()
  }
}
