import { SettingError, type Config } from './config.js'
import { DatabaseGone } from './lib/postgres.js'
import { DataDirError } from './store/embedded.js'
import { StoreError } from './store/open.js'

/** What the file system says of a data directory that cannot be one. */
const DIRECTORY = new Set(['EACCES', 'EDQUOT', 'EEXIST', 'ENOSPC', 'ENOTDIR', 'EPERM', 'EROFS'])

/** Why a start failed: one sentence for what the person who starts it can mend; null for what is our fault. */
export function mendable (error: unknown, config: Config): string | null {
  if (error instanceof SettingError || error instanceof DataDirError || error instanceof StoreError) return error.message
  if (error instanceof DatabaseGone && config.databaseUrl !== undefined) return `DATABASE_URL cannot be used: ${error.message}`
  const { code, port, syscall } = error as NodeJS.ErrnoException & { port?: number }
  if (syscall !== 'listen' && syscall !== 'getaddrinfo') {
    // Of a file system that is read-only, mkdir says that the directory is not there.
    return DIRECTORY.has(code ?? '') || (code === 'ENOENT' && syscall === 'mkdir') ? `DATA_DIR (--data-dir) ${config.dataDir} cannot be written (${code}): name another` : null
  }
  const name = port === config.adminPort ? 'ADMIN_PORT' : 'PORT (--port)'
  if (code === 'EADDRINUSE') return `${name} ${port} is in use: stop what listens there, or choose another`
  if (code === 'EACCES') return `${name} ${port} may not be opened by this user: choose one above 1023`
  return `HOST (--host) ${config.host} cannot be listened on (${code})`
}
