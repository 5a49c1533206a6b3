import { admin, type Where } from './admin.js'
import { readHidden } from './hidden.js'

interface Options extends Where { readonly json?: boolean, readonly remove?: boolean }

const said = (options: Options, sentence: string): void => {
  process.stdout.write(`${options.json === true ? JSON.stringify({ password: options.remove !== true }) : sentence}\n`)
}

export async function changePassword (options: Options): Promise<void> {
  if (options.remove === true) {
    await admin(options, 'DELETE', '/admin/password')
    return said(options, 'The password is gone, and so are all sessions: /login takes the admin token.')
  }
  await admin(options, 'PUT', '/admin/password', { password: await readHidden('New password') })
  said(options, 'The password is set, and all sessions are ended: /login takes it.')
}
