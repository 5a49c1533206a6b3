import { readExact } from '../app/exact-json.js'

export type Json = Record<string, unknown>

/** One request with a bearer token; its answer has numbers as text. @throws Error where it is no 2xx */
export async function ask (token: string, method: string, url: string, body?: object): Promise<Json> {
  const answer = await fetch(url, {
    method,
    headers: { Authorization: `Bearer ${token}`, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body)
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${new URL(url).pathname} answered ${answer.status}: ${text}`)
  return readExact(text) as Json
}

/** All of a list of the gateway that has pages. */
export async function all <T> (token: string, url: string): Promise<T[]> {
  const found: T[] = []
  for (let page = 1; ; page++) {
    const { data, total } = await ask(token, 'GET', `${url}${url.includes('?') ? '&' : '?'}page=${page}&pageSize=100`)
    found.push(...data as T[])
    if ((data as T[]).length === 0 || found.length >= Number(total)) return found
  }
}
