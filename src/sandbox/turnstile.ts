/** Lets work through side by side, and on demand a single piece alone: it waits until the others are done, and those that come wait for it. */
export class Turnstile {
  private active = 0
  private closed: Promise<void> | null = null
  private whenIdle: (() => void) | null = null

  async pass<T> (work: () => Promise<T>): Promise<T> {
    while (this.closed !== null) await this.closed
    this.active++
    try {
      return await work()
    } finally {
      this.active--
      if (this.active === 0) this.whenIdle?.()
    }
  }

  async alone<T> (work: () => Promise<T>): Promise<T> {
    while (this.closed !== null) await this.closed
    let reopen = (): void => {}
    this.closed = new Promise((resolve) => { reopen = resolve })
    if (this.active > 0) await new Promise<void>((resolve) => { this.whenIdle = resolve })
    try {
      return await work()
    } finally {
      this.whenIdle = null
      this.closed = null
      reopen()
    }
  }
}
