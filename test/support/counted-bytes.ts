/** A buffer that counts how often each of its bytes is read. */
export function counted (bytes: Buffer): { bytes: Buffer, most: () => number } {
  const visits = new Uint32Array(bytes.length + 8)
  const proxy = new Proxy(bytes, {
    get (target, name) {
      if (typeof name === 'string' && /^\d+$/.test(name)) {
        visits[Math.min(Number(name), visits.length - 1)]!++
        return target[Number(name)]
      }
      const member = Reflect.get(target, name, target) as unknown
      return typeof member === 'function' ? member.bind(target) as unknown : member
    }
  })
  return { bytes: proxy, most: () => visits.subarray(0, bytes.length).reduce((a, b) => Math.max(a, b), 0) }
}
