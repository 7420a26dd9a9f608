/** For drizzle-kit, a development tool under Node: `npx drizzle-kit export --config db/drizzle.config.ts` prints the SQL that a change of db/schema asks for; migrations are written by hand from it. */
import { defineConfig } from 'drizzle-kit'

export default defineConfig({ dialect: 'sqlite', schema: './db/schema/*.ts', out: './dist/drizzle' })
