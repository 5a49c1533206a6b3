// What bench/proxy.mjs compares and is no script of its own: the gateway, and Debian's nginx (with its Lua module) and haproxy, each with one
// worker and in a folder of its own.
import { execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const KEY = 'blnk_bench_0123456789abcdefghijklmnop'
const INSTANCE = 'inst_core'
/** How all that check something are called. */
const CALLER = { path: '/proxy', query: `?instance_id=${INSTANCE}`, headers: { Authorization: `Bearer ${KEY}` } }

async function freePort () {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => { server.once('listening', resolve) })
  const { port } = server.address()
  await new Promise((resolve) => { server.close(resolve) })
  return port
}

const answers = (port) => new Promise((resolve) => {
  const socket = connect(port, '127.0.0.1')
  socket.once('connect', () => { socket.destroy(); resolve(true) }).once('error', () => { resolve(false) })
})

const TICK_US = 1e6 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Of a process and its children: microseconds of processor time, and bytes. */
export function usageOf (pid) {
  const pids = [pid, ...readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((one) => {
    try { return Number(readFileSync(`/proc/${one}/stat`, 'latin1').split(') ')[1].split(' ')[1]) === pid } catch { return false }
  })]
  let cpu = 0
  let memory = 0
  for (const one of pids) {
    const fields = readFileSync(`/proc/${one}/stat`, 'latin1').split(') ')[1].split(' ')
    cpu += (Number(fields[11]) + Number(fields[12])) * TICK_US
    memory += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${one}/status`, 'latin1'))?.[1] ?? 0) * 1024
  }
  return { cpu, memory }
}

async function run (program, args, port, folder) {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  process.once('exit', () => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  for (let tries = 0; !await answers(port); tries++) {
    if (child.exitCode !== null || tries > 200) throw new Error(`${program} does not start`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return { url: `http://127.0.0.1:${port}`, pid: child.pid, ...CALLER }
}

/**
 * The gateway as it ships, in front of a real Core: key look-up, expiry, scope, instance, routing, fill, headers, request id,
 * metrics, rate limits, audit log. Its own state lies in a Postgres server where there is one. `args` are Node's; with `ipc` it
 * can be sent messages; `bin` is that of another build.
 */
export async function startGateway (core, databaseUrl, { args: more = [], ipc = false, bin: given, settings = {} } = {}) {
  const folder = folderOf('gateway')
  const state = databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl, BLNK_ENCRYPTION_KEY: randomBytes(32).toString('hex'), BLNK_ADMIN_TOKEN: randomBytes(32).toString('hex') }
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    ...state,
    BLNK_API_KEY: KEY,
    CORE_URL: core,
    CORE_KEY: 'secret',
    CORE_INSTANCE_ID: INSTANCE,
    SANDBOX: 'off',
    REQUEST_LOG: 'off',
    LOG_LEVEL: 'silent',
    RATE_LIMIT_CREDENTIAL: '999999999/1m',
    RATE_LIMIT_INSTANCE: '999999999/1m',
    ...JSON.parse(process.env.BENCH_SETTINGS ?? '{}'),
    ...settings
  }
  const bin = given ?? fileURLToPath(new URL('../dist/src/cli/bin.js', import.meta.url))
  const args = [...process.env.BENCH_NODE_ARGS?.split(' ') ?? [], ...more]
  const child = spawn(process.execPath, [...args, bin, 'start', '--json', '--port', '0', '--data-dir', path.join(folder, 'data')], { env, cwd: folder, stdio: ['ignore', 'pipe', 'inherit', ...(ipc ? ['ipc'] : [])] })
  process.once('exit', () => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  const { url } = JSON.parse((await once(createInterface(child.stdout), 'line'))[0])
  return { url, pid: child.pid, asked: child, ...CALLER, stop: async () => { child.kill('SIGTERM'); await once(child, 'exit') } }
}

const folderOf = (kind) => mkdtempSync(path.join(os.tmpdir(), `bench-${kind}-`))

/**
 * The same checks as well as they can be said in it: the key by its hash, its end, a scope, the instance, the Core's own key,
 * and both members filled. It knows JSON by a pattern only, and has no revocation, audit, limits or metrics.
 */
const LUA = `
local token = ngx.var.http_authorization
token = token and string.match(token, "^[Bb]earer +([%w%-._~+/]+=*) *$")
local key = token and keys[ngx.encode_base64(ngx.sha1_bin(token))]
local function refuse (status, code, sentence)
  ngx.status = status
  ngx.header["Content-Type"] = "application/json"
  ngx.say('{"error":"' .. sentence .. '","error_detail":{"code":"' .. code .. '"}}')
  return ngx.exit(status)
end
if not key or (key.expires and key.expires < ngx.now()) then return refuse(401, "AUTH_INVALID", "The credential is not valid") end
local method = ngx.req.get_method()
if not (key.scopes["*"] or key.scopes[method == "GET" and "proxy:read" or "proxy:write"]) then return refuse(403, "AUTH_INSUFFICIENT_SCOPE", "insufficient scope") end
local args = ngx.req.get_uri_args(20)
local instance = instances[args.instance_id]
if not instance then return refuse(404, "INSTANCE_NOT_FOUND", "There is no such instance") end
args.instance_id = nil
ngx.req.set_uri_args(args)
ngx.req.clear_header("Authorization")
ngx.req.clear_header("Cookie")
ngx.req.set_header("X-Blnk-Key", instance.key)
if method == "POST" and ngx.var.uri == "/proxy/transactions" then
  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  if body then
    local more = ""
    if not string.find(body, '"precision"%s*:') then more = ',"precision":100' end
    if not string.find(body, '"reference"%s*:') then more = more .. ',"reference":"ref_' .. ngx.var.request_id .. '"' end
    if more ~= "" then ngx.req.set_body_data((string.gsub(body, "}%s*$", more .. "}"))) end
  end
end`

export async function startNginx (core) {
  const module = '/usr/lib/nginx/modules/ngx_http_lua_module.so'
  if (!existsSync('/usr/sbin/nginx') || !existsSync(module)) return undefined
  const folder = folderOf('nginx')
  const port = await freePort()
  const hash = createHash('sha1').update(KEY).digest('base64')
  const file = path.join(folder, 'nginx.conf')
  writeFileSync(file, `
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module ${module};
worker_processes 1;
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log /dev/null;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  client_body_buffer_size 1m;
  keepalive_requests 100000000;
  lua_package_path "/usr/share/lua/5.1/?.lua;;";
  init_by_lua_block {
    keys = { ["${hash}"] = { scopes = { ["*"] = true } } }
    instances = { ["${INSTANCE}"] = { key = "secret" } }
  }
  upstream core { server ${new URL(core).host}; keepalive 256; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    location /proxy/ {
      access_by_lua_block {${LUA}
      }
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      add_header X-Request-Id $request_id;
      proxy_pass http://core/;
    }
  }
}
`)
  return await run('/usr/sbin/nginx', ['-c', file, '-p', folder, '-e', '/dev/null'], port, folder)
}

/** One key and one instance as conditions, the Core's own key, the path. It fills nothing, and has no expiry or scope. */
export async function startHaproxy (core) {
  if (!existsSync('/usr/sbin/haproxy')) return undefined
  const folder = folderOf('haproxy')
  const port = await freePort()
  const file = path.join(folder, 'haproxy.cfg')
  writeFileSync(file, `
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend in
  bind 127.0.0.1:${port}
  unique-id-format %[uuid()]
  unique-id-header X-Request-Id
  acl key req.hdr(authorization) -m str "Bearer ${KEY}"
  acl instance url_param(instance_id) -m str ${INSTANCE}
  http-request deny deny_status 401 if !key
  http-request deny deny_status 404 if !instance
  http-request del-header Authorization
  http-request del-header Cookie
  http-request set-header X-Blnk-Key secret
  http-request replace-path /proxy/(.*) /\\1
  http-request set-query %[query,regsub(instance_id=[^&]*&?,,g)]
  default_backend core
backend core
  server core ${new URL(core).host}
`)
  return await run('/usr/sbin/haproxy', ['-db', '-f', file], port, folder)
}
