/** Links, keys and the account as commands on the machine see them: in the database, beside a running Parley or without one. */
import { openAccess } from '../../db/access.ts'
import { databaseIsCurrent } from '../../db/open.ts'
import { openStore } from '../../db/sqlite.ts'
import { Access } from '../access/access.ts'
import { Account } from '../access/account.ts'

/** A running server looks at the database twice a second and closes what rests on a right that was taken away. */
export async function withAccess(
  directory: string,
  use: (access: Access, account: Account) => void | Promise<void>,
): Promise<void> {
  // A new or older directory is brought up to date first; not beside a running Parley, which has done so.
  if (!databaseIsCurrent(directory)) await (await openStore({ directory })).close()
  const store = openAccess(directory)
  const access = new Access({ store, mode: 'key' })
  try {
    await use(access, new Account({ store, changed: () => access.look() }))
  } finally {
    access.close()
  }
}
