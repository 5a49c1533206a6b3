import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.js'
import { startUpstream, type Received } from './upstream.js'

const NGINX = '/usr/sbin/nginx'
const HAPROXY = '/usr/sbin/haproxy'

/** What has to be installed for them; undefined: nothing. */
export const missingParsers = (): string | undefined =>
  [[NGINX, 'nginx-light'], [HAPROXY, 'haproxy']].filter(([file]) => !existsSync(file!)).map(([, name]) => name).join(' ') || undefined

/** A program that reads HTTP by itself, in front of a server that records what it passed on. */
export interface Parser {
  readonly name: string
  readonly url: string
  readonly received: Received[]
  close(): Promise<void>
}

const listens = async (port: number): Promise<boolean> => await new Promise((resolve) => {
  const socket = connect(port, '127.0.0.1')
  socket.once('connect', () => { socket.destroy(); resolve(true) }).once('error', () => { resolve(false) })
})

/** @param write the text of its configuration @param args for the file that this was written to */
async function start (name: string, { write, program, args }: { write: (folder: string, port: number, upstream: string) => string, program: string, args: (file: string, folder: string) => string[] }): Promise<Parser> {
  const upstream = await startUpstream('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}')
  const folder = mkdtempSync(join(tmpdir(), `blnk-gateway-${name}-`))
  const port = await freePort()
  const file = join(folder, `${name}.conf`)
  writeFileSync(file, write(folder, port, new URL(upstream.origin).host))
  const child = spawn(program, args(file, folder), { stdio: ['ignore', 'ignore', 'inherit'] })
  const exited = once(child, 'exit')
  while (!await listens(port)) {
    if (child.exitCode !== null) throw new Error(`${name} does not start`)
    await new Promise((resolve) => { setImmediate(resolve) })
  }
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    received: upstream.received,
    async close () {
      child.kill('SIGKILL')
      await exited
      await upstream.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** As Debian's is, but for sizes: it passes on each target as it came, and a body once all of it is there. */
export const startNginx = async (): Promise<Parser> => await start('nginx', {
  program: NGINX,
  args: (file, folder) => ['-c', file, '-p', folder, '-e', '/dev/null'],
  write: (folder, port, upstream) => `
worker_processes 1;
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log /dev/null;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  client_max_body_size 0;
  large_client_header_buffers 4 64k;
  underscores_in_headers on;
  keepalive_requests 1000000;
  server {
    listen 127.0.0.1:${port};
    location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://${upstream}; }
  }
}
`
})

export const startHaproxy = async (): Promise<Parser> => await start('haproxy', {
  program: HAPROXY,
  args: (file) => ['-db', '-f', file],
  write: (_folder, port, upstream) => `
global
  nbthread 1
  maxconn 1024
  tune.bufsize 131072
  tune.http.maxhdr 8192
defaults
  mode http
  timeout connect 60s
  timeout client 60s
  timeout server 60s
frontend in
  bind 127.0.0.1:${port}
  default_backend core
backend core
  server core ${upstream}
`
})
