import type { FastifyReply, FastifyRequest } from 'fastify'
import { isReachedByHttps, type Config } from '../config.js'

/** 256 random bits in base64url: what every cookie of ours holds. */
const VALUE = /^[\w-]{43}$/

/**
 * By https, a name that no other host and no page without https can set (RFC 6265bis 4.1.3.2). On plain http, which is
 * for this machine alone, browsers would not keep it.
 */
const fullName = (name: string, config: Config): string => isReachedByHttps(config) ? `__Host-${name}` : name

/** undefined for none, for one that is not of ours, and for two: which of them is meant cannot be told. */
export function readCookie (request: FastifyRequest, name: string, config: Config): string | undefined {
  const wanted = `${fullName(name, config)}=`
  const found = (request.headers.cookie ?? '').split(';').map((one) => one.trim()).filter((one) => one.startsWith(wanted))
  const value = found.length === 1 ? found[0]?.slice(wanted.length) : undefined
  return value !== undefined && VALUE.test(value) ? value : undefined
}

/** @param value undefined takes the cookie away */
export function sendCookie (reply: FastifyReply, { name, value, config }: { name: string, value: string | undefined, config: Config }): void {
  const secure = isReachedByHttps(config) ? '; Secure' : ''
  // Lax: whoever comes from another site's link to a page is known there, and is not by its forms.
  reply.header('Set-Cookie', `${fullName(name, config)}=${value ?? ''}; Path=/; HttpOnly; SameSite=Lax${secure}${value === undefined ? '; Max-Age=0' : ''}`)
}
