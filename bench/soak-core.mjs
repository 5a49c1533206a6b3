// The Core of bench/soak.mjs, a process of its own. Of a hundred requests, known by their number, it cuts the answer of one: every second
// of these before its head, the others in the middle of the body.
import { createServer } from 'node:http'
import { isCut } from './soak-numbers.mjs'

const body = JSON.stringify({ balance_id: 'bln_0be360ca-86fe-457d-be43-daa3f966d8f0', note: 'x'.repeat(400) })
const seen = new Map()
let twice = 0

const server = createServer((request, response) => {
  const number = Number(request.headers['x-number'])
  if (seen.has(number)) twice++
  seen.set(number, true)
  // Of the newest alone: a second time comes soon or never.
  if (seen.size > 200_000) for (const old of seen.keys()) { seen.delete(old); if (seen.size <= 100_000) break }
  const end = () => {
    if (!isCut(number)) {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body)
      return
    }
    if (number % 200 < 100) {
      request.socket.destroy()
      return
    }
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length })
    response.write(body.slice(0, 100), () => { request.socket.destroy() })
  }
  request.on('error', () => {}).resume().on('end', end)
})
server.on('clientError', (_error, socket) => { socket.destroy() })
server.listen(0, '127.0.0.1', () => { process.send({ port: server.address().port }) })
process.on('message', () => { process.send({ twice }) })
process.on('disconnect', () => { process.exit(0) })
