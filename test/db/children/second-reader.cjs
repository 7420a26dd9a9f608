// Opens Parley's database with better-sqlite3 under Node, as a second reader, and prints what it finds as JSON.
const Database = require('better-sqlite3')
const db = new Database(process.argv[2], { readonly: true })
const one = (sql) => db.prepare(sql).get()
console.log(
  JSON.stringify({
    sqlite: one('SELECT sqlite_version() AS v').v,
    journal: db.pragma('journal_mode', { simple: true }),
    integrity: db.pragma('integrity_check', { simple: true }),
    sessions: one('SELECT count(*) AS n FROM sessions').n,
    texts: db
      .prepare('SELECT text FROM utterances ORDER BY row')
      .all()
      .map((row) => row.text),
    found: one(`SELECT count(*) AS n FROM search_words WHERE search_words MATCH '"cafe"'`).n,
    parts: one(`SELECT count(*) AS n FROM search_parts WHERE search_parts MATCH '"schutzbe"'`).n,
  }),
)
